import type { CheckoutStatus } from '@hedgepayments/contract'
import type { CheckoutSessionRow, PaymentRow } from '../../database/schema.ts'
import type { Timestamp } from '../../domain/time.ts'

/** Payments by one link: more than a person needs, fewer than a thief who tests stolen cards. */
export const triesMax = 10

/** Whether a session may get another payment. */
export function canTryAgain(
  session: Pick<CheckoutSessionRow, 'status' | 'tries' | 'expires_at'>,
  now: Timestamp,
): boolean {
  return session.status === 'open' && session.tries < triesMax && now < session.expires_at
}

/**
 * The status that a session should have, by its latest payment and the merchant's time. Pure: only
 * this function decides when a session completes or expires.
 *
 * - A payment that needs no further action of the customer completes the session, also during the
 *   undo window.
 * - A canceled payment expires the session: a new payment would circumvent the cancel.
 * - A declined payment leaves the session open: the customer may try again.
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
