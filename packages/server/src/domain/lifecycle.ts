import {
  isAllowed,
  type PaymentAction,
  type PaymentStatus,
  paymentActions,
  paymentStatuses,
  statusesBeforeEvent,
} from '@hedgepayments/contract'

// Lists of statuses, derived from the contract's lifecycle table. The SQL guards, `cancelable` and
// `allowed_actions` use these lists. A trigger refuses every other change of a status.

/** A step of a payment, named as its event. */
type Step = 'initiated' | 'processing' | 'succeeded' | 'refunded' | 'canceled'

/** The statuses before a step, for the guard of an UPDATE. */
export function statusesBefore(step: Step): PaymentStatus[] {
  return statusesBeforeEvent(`payment.${step}`)
}

/**
 * The status of a successful payment, from its refunded amount. Refunds move it forwards. One transition
 * goes backwards: when a refund fails permanently, its amount is subtracted and the status recomputed.
 * Source: the description of `refundPayment` in the contract.
 */
export function statusOfRefunded(sum: {
  capturedMinor: number
  refundedMinor: number
}): PaymentStatus {
  if (sum.refundedMinor === 0) return 'succeeded'
  return sum.refundedMinor < sum.capturedMinor ? 'partially_refunded' : 'refunded'
}

/** Statuses in which a payment may have unanswered refunds. */
export const statusesWithRefunds: readonly PaymentStatus[] =
  statusesBeforeEvent('payment.refund_failed')

/** Statuses in which the processor has money of a payment, and can settle it. */
export const statusesThatSettle: readonly PaymentStatus[] = statusesBeforeEvent('payment.settled')

/** Statuses in which the processor must not have an authorization of a payment. It is voided. */
export const statusesToVoid: readonly PaymentStatus[] = statusesBeforeEvent(
  'payment.late_capture_refunded',
)

const allowedActions = Object.fromEntries(
  paymentStatuses.map((status) => [
    status,
    paymentActions.filter((action) => isAllowed(action, status)),
  ]),
) as Record<PaymentStatus, PaymentAction[]>

/** The actions that a payment allows now. The money of a disputed payment cannot be sent back. */
export function actionsOf({
  status,
  disputed,
}: {
  status: PaymentStatus
  disputed: boolean
}): PaymentAction[] {
  return disputed ? [] : allowedActions[status]
}

export { isAllowed }
