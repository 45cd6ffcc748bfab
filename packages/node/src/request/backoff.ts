/** The maximum of the first delay. The maximum doubles with each retry. */
const firstDelayMs = 500

/** The maximum of any delay without `Retry-After`, because a user may be waiting. */
const delayMaxMs = 8_000

/** A longer `Retry-After` ends the retries: the caller decides whether to wait. */
export const retryAfterMaxSeconds = 60

/**
 * The delay before the next attempt, in milliseconds; `undefined` if the server's `Retry-After` is
 * too long. Full jitter spreads clients that failed at the same time. The delay is never shorter than
 * `Retry-After`. `attempt` counts from 1, and `random` is in [0, 1).
 */
export function retryDelayMs(facts: {
  attempt: number
  retryAfterSeconds: number | undefined
  random: number
}): number | undefined {
  const ceilingMs = Math.min(delayMaxMs, firstDelayMs * 2 ** (facts.attempt - 1))
  const jitterMs = Math.floor(facts.random * ceilingMs)
  if (facts.retryAfterSeconds === undefined) return jitterMs
  if (facts.retryAfterSeconds > retryAfterMaxSeconds) return undefined
  return Math.ceil(facts.retryAfterSeconds * 1_000) + Math.floor(jitterMs / 10)
}

/**
 * The seconds of a `Retry-After` header, which is a number or an HTTP date; `undefined` if the header
 * is missing or malformed. `now` is in Unix milliseconds.
 */
export function retryAfterSeconds(header: string | null, now: number): number | undefined {
  if (header === null) return undefined
  const value = header.trim()
  if (/^\d{1,9}(\.\d{1,3})?$/.test(value)) return Number(value)
  // Date.parse accepts nearly anything ("-5" is a year). An HTTP date starts with the day's name.
  const at = /^[A-Za-z]{3}/.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now) / 1_000))
}
