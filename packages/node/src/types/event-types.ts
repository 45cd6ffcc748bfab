/** All event types. */
export type HedgeEventType =
  | 'payment.created'
  | 'payment.action_required'
  | 'payment.initiated'
  | 'payment.authorization_expiring'
  | 'payment.processing'
  | 'payment.succeeded'
  | 'payment.failed'
  | 'payment.canceled'
  | 'payment.late_capture_refunded'
  | 'payment.refunded'
  | 'payment.refund_succeeded'
  | 'payment.refund_failed'
  | 'payment.reversal_requested'
  | 'payment.settled'
  | 'payment.disputed'
  | 'ach.returned'
  | 'payment.resolved'
  | 'payment.returned'
  | CheckoutEventType
  | DisputeEventType
  | EndpointEventType

/** The event types whose `data` is a checkout session. */
export type CheckoutEventType = 'checkout.completed' | 'checkout.expired'

/** The event types whose `data` is a dispute. They belong to the timeline of its payment. */
export type DisputeEventType =
  | 'dispute.created'
  | 'dispute.updated'
  | 'dispute.won'
  | 'dispute.lost'

/** The event types whose `data` is a webhook endpoint. */
export type EndpointEventType = 'webhook_endpoint.disabled'
