import { setTimeout as sleep } from 'node:timers/promises'
import type { Cancellation } from '@hedgepayments/node'

/** How to poll a bulk cancel. */
export interface PollOptions {
  /** The first pause. Each pause is twice as long as the one before, up to `longestMs`. */
  readonly firstMs: number
  readonly longestMs: number
  /** Default: until the run has ended. */
  readonly pollsMax?: number
  readonly read: (run: Cancellation) => Promise<Cancellation>
  /** Ends the polling. Default: nothing ends it early. */
  readonly signal?: AbortSignal
  /** Gets each state that was read. */
  readonly onProgress?: (run: Cancellation) => void
}

/** Polls a run until it is no longer in progress. Returns the state that was read last. */
export async function followBulkRun(
  started: Cancellation,
  options: PollOptions,
): Promise<Cancellation> {
  const { firstMs, longestMs, pollsMax = Number.POSITIVE_INFINITY, signal } = options
  let run = started
  let waitMs = firstMs
  for (let polls = 0; polls < pollsMax && isInProgress(run); polls++) {
    await sleep(waitMs, undefined, { signal }).catch(() => undefined)
    if (signal?.aborted) return run
    waitMs = Math.min(waitMs * 2, longestMs)
    run = await options.read(run)
    options.onProgress?.(run)
  }
  return run
}

/** Whether the server may still cancel payments of this run. */
export function isInProgress({ status }: Cancellation): boolean {
  return status === 'pending' || status === 'running'
}
