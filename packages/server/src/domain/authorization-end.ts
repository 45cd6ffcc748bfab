import type { CaptureMethod } from '@hedgepayments/contract'
import { latest, plusSeconds, promisedSeconds, type Timestamp } from './time.ts'

/**
 * A capture at the end of an undo window begins this long before the authorization ends. So it can be
 * repeated if the processor does not answer at once.
 */
export const captureMarginSeconds = 3_600

/** How long a debit waits for a manual capture: a week, as the authorizations of most cards. */
const manualDebitSeconds = 7 * 86_400

/** When a debit that was not sent fails, because nobody has captured it. `null`: its window ends before. */
export function debitEndOf(
  { capture_method }: { readonly capture_method: CaptureMethod },
  now: Timestamp,
): Timestamp | null {
  return capture_method === 'manual' ? plusSeconds(now, manualDebitSeconds) : null
}

/**
 * Until when an authorized payment can be canceled. A manual capture ends that, or the end of the
 * authorization; `null`: there is no end. An undo window of zero seconds ends at once. Any other window
 * is never shorter than requested, unless the authorization would end before it.
 */
export function cancelableUntilOf(
  payment: { readonly capture_method: CaptureMethod; readonly cancel_window: number },
  { now, expiresAt }: { now: Timestamp; expiresAt: Timestamp | null },
): Timestamp | null {
  if (payment.capture_method === 'manual') return expiresAt
  const windowEnd = plusSeconds(now, windowSecondsOf(payment))
  if (expiresAt === null) return windowEnd
  const lastCapture = plusSeconds(expiresAt, -captureMarginSeconds)
  return lastCapture < windowEnd ? latest(now, lastCapture) : windowEnd
}

/** The length of an undo window as it is kept, in seconds. */
export function windowSecondsOf({ cancel_window }: { readonly cancel_window: number }): number {
  return cancel_window === 0 ? 0 : promisedSeconds(cancel_window)
}
