import {
  type PaymentAction,
  type PaymentStatus,
  paymentActions,
  paymentStatuses,
} from '@hedgepayments/contract'

/**
 * The whole life of a payment. Nothing else decides what may follow what: the guards of the SQL
 * take their lists from here, and so do `cancelable` and `allowed_actions`.
 * Source: api.md, Payments.
 */
const transitions: Readonly<Record<PaymentStatus, readonly PaymentStatus[]>> = {
  pending: ['initiated', 'canceled'],
  initiated: ['processing', 'failed', 'canceled'],
  processing: ['succeeded', 'failed'],
  succeeded: ['partially_refunded', 'refunded'],
  partially_refunded: ['partially_refunded', 'refunded'],
  refunded: [],
  failed: [],
  canceled: [],
}

/** Whether a payment may go from one status to another in one step. */
export function canMove({ from, to }: { from: PaymentStatus; to: PaymentStatus }): boolean {
  return transitions[from].includes(to)
}

/** Statuses from which a payment may go to this one: the list for an UPDATE's guard. */
export function statusesBefore(to: PaymentStatus): PaymentStatus[] {
  return paymentStatuses.filter((from) => canMove({ from, to }))
}

/**
 * The status that follows from how much of a payment that succeeded was given back. Going down the
 * life it is the step of a refund. There is one way up, and it is nobody's to call: a processor
 * that refuses, for good, a refund it was told of takes that refund's amount back out, and with it
 * the status, since a payment that nothing was refunded of must not say that it was.
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
export const statusesWithRefunds: readonly PaymentStatus[] = ['partially_refunded', 'refunded']

/** Statuses in which the processor holds money of a payment, and can settle it. */
export const statusesThatSettle: readonly PaymentStatus[] = ['succeeded', ...statusesWithRefunds]

/** Statuses in which the processor must hold nothing for a payment: what it holds is given up. */
export const statusesGivenUp: readonly PaymentStatus[] = ['failed', 'canceled']

/** Whether nothing can follow. */
export function isFinal(status: PaymentStatus): boolean {
  return transitions[status].length === 0
}

/** Whether the action would be accepted now. A reversal is also taken while processing. */
export function isAllowed(action: PaymentAction, status: PaymentStatus): boolean {
  switch (action) {
    case 'initiate':
      return canMove({ from: status, to: 'initiated' })
    case 'cancel':
      return canMove({ from: status, to: 'canceled' })
    case 'refund':
      return canMove({ from: status, to: 'refunded' })
    case 'reverse':
      return status === 'processing' || isAllowed('cancel', status) || isAllowed('refund', status)
  }
}

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
