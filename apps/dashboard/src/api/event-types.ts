import type { EventType } from '@hedgepayments/contract'

/**
 * All types of events. The contract has this list too, but importing it would load all schemas.
 * The type makes sure that this list is complete.
 */
export const eventTypes = Object.keys({
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
} satisfies Record<EventType, true>)
