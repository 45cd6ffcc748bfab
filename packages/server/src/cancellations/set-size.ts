/** Payments of the first set of a process, before it is known how fast they go. */
export const firstSet = 500

/**
 * How long a set should take, in milliseconds: a single cancel of one of its payments waits for
 * it, and so does a pause. Shorter ones cost: each ends with a write to disk.
 */
const wantedMs = 20
/** On a machine with no time left, smaller sets would only be more of them: some milliseconds. */
const smallest = 250
/** At this size what a set costs by itself has stopped to count. */
const largest = 4_000

/** How many payments the next set may have, by how long one of `limit` took. */
export function nextLimit(limit: number, tookMs: number): number {
  const wanted = limit * (wantedMs / Math.max(tookMs, 1))
  // By at most a half more or less: one slow write to disk says little about the next.
  const step = Math.min(limit * 1.5, Math.max(limit / 2, wanted))
  return Math.round(Math.min(largest, Math.max(smallest, step)))
}
