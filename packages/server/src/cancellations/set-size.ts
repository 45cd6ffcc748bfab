/** Payments of the first set of a process, before the duration of a set is known. */
export const firstSet = 500

/**
 * The intended duration of a set, in milliseconds. A single cancel of one of its payments, and a pause
 * of the cancellation, wait for the set. Shorter sets cost more: each ends with a write to disk.
 */
const wantedMs = 20
/** On a busy machine, smaller sets would only increase the number of commits. */
const smallest = 250
/** At this size the fixed cost of a set no longer matters. */
const largest = 4_000

/** The maximum size of the next set, after a set of `limit` payments took `tookMs`. */
export function nextLimit(limit: number, tookMs: number): number {
  const wanted = limit * (wantedMs / Math.max(tookMs, 1))
  // At most half more or half less: one slow write to disk says little about the next.
  const step = Math.min(limit * 1.5, Math.max(limit / 2, wanted))
  return Math.round(Math.min(largest, Math.max(smallest, step)))
}
