import { inspect } from 'node:util'

export interface NextOptions {
  /** How long to wait, in milliseconds of real time. 0: do not wait. Default: 4,000. */
  readonly timeoutMs?: number
}

/** Shorter than the limits of vitest and Jest for a test, so that this error is the one you see. */
const timeoutDefaultMs = 4_000
/** Timers of Node end at once for longer times. */
const timeoutMaxMs = 2_147_483_647

/**
 * Checks the arguments of `webhooks.next`.
 *
 * @returns the timeout in milliseconds of real time. 0: do not wait.
 * @throws {TypeError} that says what came and what was expected.
 */
export function checkNext(type: unknown, options: NextOptions): number {
  if (type !== undefined && typeof type !== 'string') {
    throw wrong("an event type such as 'payment.canceled'", type)
  }
  if (typeof options !== 'object' || options === null) throw wrong('options { timeoutMs }', options)
  const unknown = Object.keys(options).find((name) => name !== 'timeoutMs')
  if (unknown !== undefined) throw wrong('options { timeoutMs }', options)
  const { timeoutMs = timeoutDefaultMs } = options
  if (typeof timeoutMs === 'number' && timeoutMs >= 0 && timeoutMs <= timeoutMaxMs) return timeoutMs
  throw wrong(`timeoutMs of 0 to ${timeoutMaxMs} milliseconds`, timeoutMs)
}

/**
 * Checks that a call without options got none.
 *
 * @throws {TypeError} that says what came.
 */
export function refuseOptions(call: string, given: readonly unknown[]): void {
  const [wrong] = given.filter((option) => option !== undefined)
  if (wrong === undefined) return
  throw new TypeError(`${call}: expected no options, but got ${inspect(wrong)}`)
}

function wrong(expected: string, given: unknown): TypeError {
  return new TypeError(`webhooks.next: expected ${expected}, but got ${inspect(given)}`)
}
