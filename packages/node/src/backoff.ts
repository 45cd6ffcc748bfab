/** The first wait is up to this, each next one up to twice as long. */
const firstDelayMs = 500

/** No wait of our own is longer: a person may be looking at the other end. */
const delayMaxMs = 8_000

/** A `Retry-After` beyond this is not waited for: the caller knows better what to do meanwhile. */
export const retryAfterMaxSeconds = 60

/**
 * Milliseconds to wait before attempt `attempt + 1`, or `undefined` when the server wants a longer
 * wait than is worth blocking a call for. Full jitter, so that clients that failed together do not
 * come back together; a `Retry-After` is never undercut. `random` is in [0, 1).
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
 * Seconds of a `Retry-After` header, given as a number or as an HTTP date; `undefined` when there
 * is none or it makes no sense. `now` is in Unix milliseconds.
 */
export function retryAfterSeconds(header: string | null, now: number): number | undefined {
  if (header === null) return undefined
  const value = header.trim()
  if (/^\d{1,9}(\.\d{1,3})?$/.test(value)) return Number(value)
  // Date.parse takes nearly anything ("-5" is a year); an HTTP date starts with a day's name.
  const at = /^[A-Za-z]{3}/.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now) / 1_000))
}
