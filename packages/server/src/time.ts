import type { Timestamp } from './database/schema.ts'

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

/** The later of two moments. */
export function latest(a: Timestamp, b: Timestamp): Timestamp {
  return a > b ? a : b
}
