import type { PaymentStatus } from '@hedgepayments/contract'
import { type Refusal, refuse } from '../http/refusal.ts'
import { statusesBefore } from './lifecycle.ts'

/** 404 for an id that names no payment of this merchant and mode. */
export function paymentNotFound(id: string): Refusal {
  const shown = /^[\x21-\x7e]{1,64}$/.test(id) ? ` ${id}` : ''
  return refuse('not_found', `Payment${shown} not found.`)
}

/** 412 in the words of the founding page. */
export function notCancelable(id: string, status: PaymentStatus): Refusal {
  return refuse(
    'payment_not_cancelable',
    `Payment ${id} cannot be canceled. Current status: ${status}.`,
    {
      payment_id: id,
      current_status: status,
      cancelable_statuses: statusesBefore('canceled') as ('pending' | 'initiated')[],
    },
  )
}

/** 412 for an If-Match that names another version. */
export function preconditionFailed(payment: {
  id: string
  status: PaymentStatus
  sequence: number
}): Refusal {
  const etag = `"${payment.sequence}"`
  return refuse(
    'precondition_failed',
    `Payment ${payment.id} has changed: If-Match does not name its version ${etag}.`,
    { payment_id: payment.id, current_status: payment.status, current_etag: etag },
  )
}
