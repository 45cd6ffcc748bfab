/** Waits before the second to the sixth try, in seconds. Source: api.md, Webhooks. */
const waitsSeconds = {
  live: [60, 300, 1_800, 7_200, 86_400],
  test: [1, 2, 4, 8, 16],
} as const

/** Delays are up to this much longer, so that what failed together is not tried together. */
const jitterMax = 0.2
/** A receiver may ask for patience, within bounds: a day, in test mode a minute. */
const retryAfterMaxSeconds = { live: 86_400, test: 60 } as const

/**
 * How long to wait after a failed try, in milliseconds; `null`: it was the last one.
 * `tries` counts those that were made; `random` is from 0 to 1.
 */
export function retryDelayMs(failed: {
  livemode: boolean
  tries: number
  retryAfter: string | null
  nowMs: number
  random: number
}): number | null {
  const mode = failed.livemode ? 'live' : 'test'
  const seconds = waitsSeconds[mode][failed.tries - 1]
  if (seconds === undefined) return null
  const askedSeconds = Math.min(
    parseRetryAfter(failed.retryAfter, failed.nowMs),
    retryAfterMaxSeconds[mode],
  )
  const delayMs = Math.max(seconds, askedSeconds) * 1000
  return Math.round(delayMs * (1 + jitterMax * failed.random))
}

/** `Thu, 01 Jan 1970 00:10:00 GMT`: Date.parse alone would take `-5` for a year. */
const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/** Seconds from now: a number of them, or a date. 0 where the header is neither. */
function parseRetryAfter(header: string | null, nowMs: number): number {
  if (header === null) return 0
  if (/^\d{1,9}$/.test(header.trim())) return Number(header)
  const atMs = httpDate.test(header.trim()) ? Date.parse(header) : Number.NaN
  return Number.isNaN(atMs) ? 0 : Math.max(0, (atMs - nowMs) / 1000)
}
