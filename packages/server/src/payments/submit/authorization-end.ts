import type { PaymentRow } from '../../database/schema.ts'
import { latest, plusSeconds, promisedEnd, type Timestamp } from '../../domain/time.ts'

/**
 * A capture at the end of an undo window begins this long before the authorization ends. So it can be
 * repeated if the processor does not answer at once.
 */
const captureMarginSeconds = 3_600

/** How long a debit waits for a manual capture: a week, as the authorizations of most cards. */
const manualDebitSeconds = 7 * 86_400

/** When a debit that was not sent fails, because nobody has captured it. `null`: its window ends before. */
export function debitEndOf(
  { capture_method }: Pick<PaymentRow, 'capture_method'>,
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
  { capture_method, cancel_window }: Pick<PaymentRow, 'capture_method' | 'cancel_window'>,
  { now, expiresAt }: { now: Timestamp; expiresAt: Timestamp | null },
): Timestamp | null {
  if (capture_method === 'manual') return expiresAt
  const windowEnd = cancel_window === 0 ? now : promisedEnd(now, cancel_window)
  if (expiresAt === null) return windowEnd
  const lastCapture = plusSeconds(expiresAt, -captureMarginSeconds)
  return lastCapture < windowEnd ? latest(now, lastCapture) : windowEnd
}
