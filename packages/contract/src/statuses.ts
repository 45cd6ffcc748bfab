/** Every status a payment can have, in the order of its life. Source: api.md, Payments. */
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

/** What a caller can do to a payment. */
export const paymentActions = ['initiate', 'cancel', 'refund', 'reverse'] as const

export type PaymentAction = (typeof paymentActions)[number]
