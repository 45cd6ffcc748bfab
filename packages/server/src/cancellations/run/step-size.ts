/** How much one kind of step does. */
export interface StepBounds {
  /** The first size of a process, before the duration of a step is measured. */
  readonly first: number
  readonly min: number
  readonly max: number
  /** The intended duration of a step, in milliseconds. */
  readonly targetMs: number
}

/**
 * Payments that one step cancels. A single cancel of one of them waits for the step, and so do other
 * cancellations. Shorter steps cost more: each ends with a write to disk. On a busy machine, a smaller
 * minimum would only increase the number of commits. At the maximum the fixed cost no longer matters.
 */
export const setBounds: StepBounds = { first: 500, min: 250, max: 4_000, targetMs: 20 }

/** Index entries that one step reads to select payments. Only other cancellations wait for this step. */
export const scanBounds: StepBounds = { first: 5_000, min: 250, max: 20_000, targetMs: 50 }

/** The size of the next step, after a step of `size` took `tookMs` milliseconds. */
export function nextSize({ min, max, targetMs }: StepBounds, size: number, tookMs: number): number {
  const wanted = size * (targetMs / Math.max(tookMs, 1))
  // At most half more or half less: one slow write to disk says little about the next.
  const step = Math.min(size * 1.5, Math.max(size / 2, wanted))
  // After failures, steps below the minimum grow slowly: the next large one may fail again.
  const least = Math.min(min, size * 1.5)
  return Math.ceil(Math.min(max, Math.max(least, step)))
}

/**
 * The size of a step of a cancellation that has failed so many times in a row: a quarter after each failure.
 * So a step that timed out succeeds in the end, however slow the disk is, and one locked payment does not
 * delay the payments before it.
 */
export function sizeAfterFailures(size: number, failures: number): number {
  return Math.max(1, Math.floor(size / 4 ** Math.min(failures, 10)))
}
