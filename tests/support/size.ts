/** Whether this is `npm run test:all`. `npm test` uses smaller loads, and samples of the cases. */
export const isLongRun = process.env.HEDGE_TESTS === 'all'

/** Picks the size of a load. Both sizes have to prove the same guarantee. */
export function size<T>(sizes: { quick: readonly T[]; all: readonly T[] }): T[]
export function size<T>(sizes: { quick: T; all: T }): T
export function size<T>({ quick, all }: { quick: T; all: T }): T {
  return isLongRun ? all : quick
}

/** `npm test` takes every 13th statement. A prime, so that a sample is not all of one kind. */
const quickStride = 13

/**
 * Numbers of the statements at which a test stops a process, from 1 on: all of them, or a sample in
 * `npm test`. Endless: the caller ends the loop at the first number that the work does not reach.
 */
export function* places(): Generator<number, never> {
  for (let n = 1; ; n += size({ quick: quickStride, all: 1 })) yield n
}
