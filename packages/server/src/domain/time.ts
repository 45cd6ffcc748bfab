/** A time as the API writes it: UTC, whole seconds, `2024-06-15T10:32:00Z`. */
export type Timestamp = string

/** Formats milliseconds since 1970 as the API does. Cuts off the milliseconds. */
export function toTimestamp(ms: number): Timestamp {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** Parses a timestamp to milliseconds since 1970. */
export function toMs(timestamp: Timestamp): number {
  return Date.parse(timestamp)
}

/** Adds seconds to a timestamp. */
export function plusSeconds(timestamp: Timestamp, seconds: number): Timestamp {
  return toTimestamp(toMs(timestamp) + seconds * 1000)
}

/** The seconds after a start, cut to a whole second, until a guaranteed time has passed. */
export function promisedSeconds(seconds: number): number {
  return seconds + 1
}

/**
 * The end of a guaranteed time. `start` is the true start, cut to a whole second. The end is never
 * earlier than `seconds` after the true start, and at most one second later.
 */
export function promisedEnd(start: Timestamp, seconds: number): Timestamp {
  return plusSeconds(start, promisedSeconds(seconds))
}

/** Rounds an end that a client has sent up to a whole second. */
export function givenEnd(text: string): Timestamp {
  return toTimestamp(Math.ceil(Date.parse(text) / 1000) * 1000)
}

/** The later of two timestamps. */
export function latest(a: Timestamp, b: Timestamp): Timestamp {
  return a > b ? a : b
}

/** The earlier of two timestamps. */
export function earliest(a: Timestamp, b: Timestamp): Timestamp {
  return a < b ? a : b
}
