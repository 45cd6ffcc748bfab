/** A time as the API writes it: UTC, whole seconds, `2024-06-15T10:32:00Z`. */
export type Timestamp = string

/** The moment as the API writes it: UTC, whole seconds, cut off. */
export function toTimestamp(ms: number): Timestamp {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** Milliseconds since 1970 of a moment that the API wrote. */
export function toMs(timestamp: Timestamp): number {
  return Date.parse(timestamp)
}

/** A moment some seconds later. */
export function plusSeconds(timestamp: Timestamp, seconds: number): Timestamp {
  return toTimestamp(toMs(timestamp) + seconds * 1000)
}

/**
 * When a time that somebody was promised has passed, in whole seconds: never sooner than `seconds`
 * after the true start, of which `start` is the whole second. It is rounded up, so that the promise
 * is kept and exceeded by a second at most.
 */
export function promisedEnd(start: Timestamp, seconds: number): Timestamp {
  return plusSeconds(start, seconds + 1)
}

/** A time that a caller gave as an end: the first whole second that is not before it. */
export function givenEnd(text: string): Timestamp {
  return toTimestamp(Math.ceil(Date.parse(text) / 1000) * 1000)
}

/** The later of two moments. */
export function latest(a: Timestamp, b: Timestamp): Timestamp {
  return a > b ? a : b
}
