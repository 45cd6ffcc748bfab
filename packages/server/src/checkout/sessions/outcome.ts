import type { CheckoutStatus } from '@hedgepayments/contract'
import type { CheckoutSessionRow, PaymentRow } from '../../database/schema.ts'
import type { Timestamp } from '../../domain/time.ts'

/**
 * What a session's status ought to be, by its payment and the clock. Pure: the one place that says
 * when a session is complete or expired.
 *
 * - A payment that the customer need do no more for completes it, also within the undo window.
 * - A canceled payment ends it: whoever canceled it does not want to be paid by another.
 * - A declined one leaves it open for another try.
 */
export function statusOf(
  session: Pick<CheckoutSessionRow, 'status' | 'expires_at'>,
  payment: Pick<PaymentRow, 'status'> | null,
  now: Timestamp,
): CheckoutStatus {
  if (session.status !== 'open') return session.status
  const unpaid = now >= session.expires_at ? 'expired' : 'open'
  if (!payment) return unpaid
  switch (payment.status) {
    case 'pending':
    case 'failed':
      return unpaid
    case 'initiated':
    case 'processing':
    case 'succeeded':
    case 'partially_refunded':
    case 'refunded':
      return 'complete'
    case 'canceled':
      return 'expired'
  }
}
