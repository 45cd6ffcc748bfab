/** The pauses before the second to the sixth attempt, in seconds. Source: docs/webhooks.md. */
const pausesSeconds = {
  live: [60, 300, 1_800, 7_200, 86_400],
  test: [1, 2, 4, 8, 16],
} as const

/** Random lengthening of a pause, so that deliveries that failed together are not retried together. */
const jitterMax = 0.2
/** Longest pause that a receiver may request by `Retry-After`: a day; in test mode a minute. */
const retryAfterMaxSeconds = { live: 86_400, test: 60 } as const

/**
 * The pause after a failed attempt, in milliseconds; `null`: it was the last attempt. `tries` is the
 * number of attempts that were made; `random` is from 0 to 1.
 */
export function retryDelayMs(failed: {
  livemode: boolean
  tries: number
  retryAfter: string | null
  nowMs: number
  random: number
}): number | null {
  const mode = failed.livemode ? 'live' : 'test'
  const seconds = pausesSeconds[mode][failed.tries - 1]
  if (seconds === undefined) return null
  const requestedSeconds = Math.min(
    parseRetryAfter(failed.retryAfter, failed.nowMs),
    retryAfterMaxSeconds[mode],
  )
  const delayMs = Math.max(seconds, requestedSeconds) * 1000
  return Math.round(delayMs * (1 + jitterMax * failed.random))
}

/** `Thu, 01 Jan 1970 00:10:00 GMT`. `Date.parse` alone would read `-5` as a year. */
const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/** Reads the header, a number of seconds or a date, as seconds from now. 0: it is neither. */
function parseRetryAfter(header: string | null, nowMs: number): number {
  if (header === null) return 0
  if (/^\d{1,9}$/.test(header.trim())) return Number(header)
  const atMs = httpDate.test(header.trim()) ? Date.parse(header) : Number.NaN
  return Number.isNaN(atMs) ? 0 : Math.max(0, (atMs - nowMs) / 1000)
}
