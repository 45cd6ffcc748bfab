import {
  cancelableStatuses,
  capturableStatuses,
  initiableStatuses,
  type PaymentStatus,
  type Resolution,
  refundableStatuses,
} from '@hedgepayments/contract'
import type { PaymentRow } from '../../database/schema.ts'
import { type Refusal, refuse } from '../../http/answers/refusal.ts'

/** 404 for an id that is not a payment's in this merchant and mode. */
export function paymentNotFound(id: string): Refusal {
  const shown = /^[\x21-\x7e]{1,64}$/.test(id) ? ` ${id}` : ''
  return refuse('not_found', `Payment${shown} not found.`)
}

/** 412 with the text of the founding page. */
export function notCancelable(id: string, status: PaymentStatus): Refusal {
  return refuse(
    'payment_not_cancelable',
    `Payment ${id} cannot be canceled. Current status: ${status}.`,
    {
      payment_id: id,
      current_status: status,
      cancelable_statuses: [...cancelableStatuses],
    },
  )
}

/** 412 for a payment that is not authorized, or was captured or canceled. */
export function notCapturable(id: string, status: PaymentStatus): Refusal {
  return refuse(
    'payment_not_capturable',
    `Payment ${id} cannot be captured. Current status: ${status}.`,
    { payment_id: id, current_status: status, capturable_statuses: [...capturableStatuses] },
  )
}

/** 412 for a payment that has taken no money, or is refunded already. */
export function notRefundable(id: string, status: PaymentStatus): Refusal {
  return refuse(
    'payment_not_refundable',
    `Payment ${id} cannot be refunded. Current status: ${status}.`,
    refundableDetails(id, status),
  )
}

/** 412 for a payment that can neither be canceled nor refunded. */
export function notReversible(id: string, status: PaymentStatus): Refusal {
  return refuse(
    'payment_not_refundable',
    `Payment ${id} cannot be reversed. Current status: ${status}.`,
    refundableDetails(id, status),
  )
}

/** 412 for a payment whose money the customer demands back, or got back, from the bank. */
export function refuseDisputed(
  { id, status }: Pick<PaymentRow, 'id' | 'status'>,
  action: 'refunded' | 'reversed',
): Refusal {
  return refuse(
    'payment_not_refundable',
    `Payment ${id} cannot be ${action}: it is disputed. Answer the dispute instead, so that the ` +
      'customer is not paid twice.',
    { ...refundableDetails(id, status), reason: 'disputed' },
  )
}

/** 422 for a refund of more than the rest of the payment. */
export function refundExceeds(
  payment: Pick<PaymentRow, 'id' | 'amount' | 'captured_amount' | 'refunded_amount'>,
  requestedMinor: number,
): Refusal {
  const refundableMinor = payment.captured_amount - payment.refunded_amount
  return refuse(
    'refund_amount_exceeded',
    `Payment ${payment.id} has ${refundableMinor} left to refund, which is less than ${requestedMinor}.`,
    {
      payment_id: payment.id,
      amount: payment.amount,
      refunded_amount: payment.refunded_amount,
      refundable_amount: refundableMinor,
      requested_amount: requestedMinor,
    },
  )
}

function refundableDetails(id: string, status: PaymentStatus) {
  return {
    payment_id: id,
    current_status: status,
    refundable_statuses: [...refundableStatuses],
  }
}

/** 412 for a payment that was submitted already, or is canceled. */
export function notInitiable(id: string, status: PaymentStatus): Refusal {
  return refuse(
    'payment_not_initiable',
    `Payment ${id} cannot be initiated. Current status: ${status}.`,
    { payment_id: id, current_status: status, initiable_statuses: [...initiableStatuses] },
  )
}

/** 412 for a payment that needs no attention, or whose state a resolution does not fit. */
export function notResolvable(
  { id, status }: Pick<PaymentRow, 'id' | 'status'>,
  resolution: Resolution,
  possible: readonly Resolution[],
): Refusal {
  const why = possible.length === 0 ? 'It needs no attention.' : `Possible: ${possible.join(', ')}.`
  return refuse(
    'payment_not_resolvable',
    `Payment ${id} cannot be resolved as ${resolution}. ${why}`,
    { payment_id: id, current_status: status, resolutions: [...possible] },
  )
}

/** 502 where the mode has no processor. */
export function processorMissing(): Refusal {
  return refuse(
    'processor_unavailable',
    'No processor is configured for this mode, so no payment can be initiated. Test mode has the ' +
      'sandbox by default. Live mode needs your own processor account.',
  )
}

/** 502 where the processor has not answered. The worker looks the result up. */
export function processorSilent(id: string): Refusal {
  const refusal = refuse(
    'processor_unavailable',
    `The processor has not answered about payment ${id}. The result is being looked up: ` +
      'retrieve the payment, or send the request again with the same idempotency key.',
  )
  return { ...refusal, headers: { 'retry-after': '1' } }
}

/** 412 for an If-Match with another version. */
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
