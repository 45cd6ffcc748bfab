/** Payments of the first set of a process, before the duration of a set is known. */
export const setSizeFirst = 500

/**
 * The intended duration of a set, in milliseconds. A single cancel of one of its payments, and a pause
 * of the cancellation, wait for the set. Shorter sets cost more: each ends with a write to disk.
 */
const durationTargetMs = 20
/** The smallest set. On a busy machine, smaller ones would only increase the number of commits. */
const setSizeMin = 250
/** The largest set. At this size the fixed cost of a set no longer matters. */
const setSizeMax = 4_000

/** The size of the next set, after a set of up to `size` payments took `tookMs` milliseconds. */
export function nextSetSize(size: number, tookMs: number): number {
  const wanted = size * (durationTargetMs / Math.max(tookMs, 1))
  // At most half more or half less: one slow write to disk says little about the next.
  const step = Math.min(size * 1.5, Math.max(size / 2, wanted))
  return Math.round(Math.min(setSizeMax, Math.max(setSizeMin, step)))
}
