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
