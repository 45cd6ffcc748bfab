/** Whether this is `npm run test:all`. `npm test` runs smaller loads and a sample of the places where work is stopped. */
export const isLongRun = process.env.HEDGE_TESTS === 'all'

/** Picks the size of a load. Both sizes have to prove the same guarantee. */
export function size<T>(sizes: { quick: readonly T[]; all: readonly T[] }): T[]
export function size<T>(sizes: { quick: T; all: T }): T
export function size<T>({ quick, all }: { quick: T; all: T }): T {
  return isLongRun ? all : quick
}

/** Every how many statements `npm test` stops a process. A prime, so that samples do not fall on one kind only. */
const quickStride = 7

/**
 * The numbers of the statements at which a test stops a process: all of them from 1 on, or a sample. The caller
 * ends the loop at the first number that the work does not reach.
 */
export function* places(): Generator<number, never> {
  for (let n = 1; ; n += size({ quick: quickStride, all: 1 })) yield n
}
