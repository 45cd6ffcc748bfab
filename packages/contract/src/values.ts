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
  'payment.resolved',
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
  'payments:resolve',
] as const
export type Scope = (typeof scopes)[number]

/** The actions of administrators. */
export const auditActions = [
  'api_key.created',
  'api_key.revoked',
  'merchant.created',
  'merchant.updated',
  'merchant.move_started',
  'merchant.moved',
  'merchant.move_undone',
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
  'payment.resolved',
  'customer.erased',
] as const
export type AuditAction = (typeof auditActions)[number]

/** Why a payment needs an operator's attention. `attention.ts` explains each of them. */
export const attentionReasons = [
  'step_overdue',
  'authorization_overdue',
  'watch_overdue',
  'capture_overdue',
  'void_overdue',
  'late_refund_overdue',
  'refund_overdue',
  'settlement_overdue',
  'recheck_overdue',
  'dispute_overdue',
  'processor_refuses_credentials',
  'refunded_above_captured',
  'capture_contradicted',
  'dispute_unreadable',
  'late_refund_returned',
  'dispute_inquiry',
] as const
export type AttentionReason = (typeof attentionReasons)[number]

/** What an operator can do about a payment that needs attention. */
export const resolutions = [
  'retry',
  'captured',
  'not_captured',
  'voided',
  'late_capture_refunded',
  'refund_paid',
  'refund_failed',
  'settled',
  'dispute_won',
  'dispute_lost',
  'accepted',
] as const
export type Resolution = (typeof resolutions)[number]
