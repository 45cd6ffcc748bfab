import type { HedgeEventType, PaymentStatus, Scope } from '@hedgepayments/node'

// The contract has these lists too, but loading its schemas takes two thirds of the time in which a
// command starts (measured: 250 of 380 ms). The types of the SDK keep them complete.

export const paymentStatuses = wordsOf<PaymentStatus>({
  pending: true,
  initiated: true,
  processing: true,
  succeeded: true,
  partially_refunded: true,
  refunded: true,
  failed: true,
  canceled: true,
})

export const eventTypes = wordsOf<HedgeEventType>({
  'payment.created': true,
  'payment.action_required': true,
  'payment.initiated': true,
  'payment.processing': true,
  'payment.succeeded': true,
  'payment.failed': true,
  'payment.canceled': true,
  'payment.late_capture_refunded': true,
  'payment.refunded': true,
  'payment.refund_succeeded': true,
  'payment.refund_failed': true,
  'payment.reversal_requested': true,
  'payment.settled': true,
  'ach.returned': true,
  'checkout.completed': true,
  'checkout.expired': true,
  'webhook_endpoint.disabled': true,
})

export const scopes = wordsOf<Scope>({
  'payments:read': true,
  'payments:create': true,
  'payments:cancel': true,
  'payments:refund': true,
  'webhooks:write': true,
  'keys:write': true,
  'merchants:write': true,
})

/** Every word of a type: one that is missing, or is none, does not compile. */
function wordsOf<Word extends string>(words: Readonly<Record<Word, true>>): readonly Word[] {
  return Object.keys(words) as Word[]
}
