import {
  isAllowed,
  type PaymentAction,
  type PaymentStatus,
  paymentActions,
  paymentStatuses,
  statusesBeforeEvent,
} from '@hedgepayments/contract'

// What the server asks of the contract's table of the lifecycle. Nothing else decides what may
// follow what: the guards of the SQL take their lists from here, and so do `cancelable` and
// `allowed_actions`. The database refuses every other change of a status (`baseline/payments.ts`).

/** A step of a payment that is named as its event is. */
type Step = 'initiated' | 'processing' | 'succeeded' | 'refunded' | 'canceled'

/** Statuses in which the event of this step can happen: the list for an UPDATE's guard. */
export function statusesBefore(step: Step): PaymentStatus[] {
  return statusesBeforeEvent(`payment.${step}`)
}

/**
 * The status that follows from how much of a successful payment was refunded. A refund only moves
 * it on. One transition goes backwards: when the processor refuses a refund for good, its amount is
 * subtracted and the status computed again.
 * Source: api.md, Payments; the description of `refundPayment`.
 */
export function statusOfRefunded(sum: {
  amountMinor: number
  refundedMinor: number
}): PaymentStatus {
  if (sum.refundedMinor === 0) return 'succeeded'
  return sum.refundedMinor < sum.amountMinor ? 'partially_refunded' : 'refunded'
}

/** Statuses in which a payment may have refunds that the processor has not answered. */
export const statusesWithRefunds: readonly PaymentStatus[] =
  statusesBeforeEvent('payment.refund_failed')

/** Statuses in which the processor holds money of a payment, and can settle it. */
export const statusesThatSettle: readonly PaymentStatus[] = statusesBeforeEvent('payment.settled')

/** Statuses in which the processor must hold nothing for a payment: what it holds is voided. */
export const statusesGivenUp: readonly PaymentStatus[] = statusesBeforeEvent(
  'payment.late_capture_refunded',
)

const allowedActions = Object.fromEntries(
  paymentStatuses.map((status) => [
    status,
    paymentActions.filter((action) => isAllowed(action, status)),
  ]),
) as Record<PaymentStatus, PaymentAction[]>

/** What can be done to a payment in this status. */
export function actionsOf(status: PaymentStatus): PaymentAction[] {
  return allowedActions[status]
}

export { isAllowed }
