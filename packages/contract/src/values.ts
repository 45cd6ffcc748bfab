// Lists of values without schemas. The dashboard and the command line import this module by itself: the
// schemas of the contract take 250 of the 380 ms in which a command starts, and enlarge the dashboard.

/** All statuses of a payment, in the order of its lifecycle. */
export const paymentStatuses = [
  'pending',
  'initiated',
  'processing',
  'succeeded',
  'partially_refunded',
  'refunded',
  'failed',
  'canceled',
] as const
export type PaymentStatus = (typeof paymentStatuses)[number]

/** The actions of a caller on a payment. */
export const paymentActions = ['initiate', 'cancel', 'capture', 'refund', 'reverse'] as const
export type PaymentAction = (typeof paymentActions)[number]

/** The statuses of a dispute. */
export const disputeStatuses = ['needs_response', 'under_review', 'won', 'lost'] as const
export type DisputeStatus = (typeof disputeStatuses)[number]

/** All event types. */
export const eventTypes = [
  'payment.created',
  'payment.action_required',
  'payment.initiated',
  'payment.authorization_expiring',
  'payment.processing',
  'payment.succeeded',
  'payment.failed',
  'payment.canceled',
  'payment.late_capture_refunded',
  'payment.refunded',
  'payment.refund_succeeded',
  'payment.refund_failed',
  'payment.reversal_requested',
  'payment.settled',
  'payment.disputed',
  'dispute.created',
  'dispute.updated',
  'dispute.won',
  'dispute.lost',
  'ach.returned',
  'checkout.completed',
  'checkout.expired',
  'webhook_endpoint.disabled',
  'payment.returned',
] as const
export type EventType = (typeof eventTypes)[number]

/** The event types whose `data` is a checkout session. */
export type CheckoutEventType = 'checkout.completed' | 'checkout.expired'

/** The event types whose `data` is a dispute. They belong to the timeline of its payment. */
export type DisputeEventType = Extract<EventType, `dispute.${string}`>

/** The event types whose `data` is a webhook endpoint. */
export type EndpointEventType = 'webhook_endpoint.disabled'

/** The permissions of a key. */
export const scopes = [
  'payments:read',
  'payments:create',
  'payments:cancel',
  'payments:capture',
  'payments:refund',
  'webhooks:write',
  'keys:write',
  'merchants:write',
] as const
export type Scope = (typeof scopes)[number]

/** The actions of administrators. */
export const auditActions = [
  'api_key.created',
  'api_key.revoked',
  'merchant.created',
  'merchant.updated',
  'processor.set',
  'processor.removed',
  'webhook_endpoint.created',
  'webhook_endpoint.updated',
  'webhook_endpoint.secret_rotated',
  'webhook_endpoint.deleted',
  'webhook_endpoint.retried',
  'webhook_endpoint.replayed',
  'webhook_delivery.retried',
  'cancellation.created',
  'cancellation.paused',
  'cancellation.resumed',
  'test_clock.advanced',
  'dashboard.signed_in',
  'dashboard.sign_in_failed',
  'dashboard.signed_out',
] as const
export type AuditAction = (typeof auditActions)[number]
