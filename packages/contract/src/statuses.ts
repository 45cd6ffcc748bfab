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

/** The statuses in which a payment can be canceled, as the founding page lists them. */
export const cancelableStatuses = ['pending', 'initiated'] as const satisfies PaymentStatus[]

/** The statuses in which a payment can be refunded. Source: api.md, Payments. */
export const refundableStatuses = [
  'succeeded',
  'partially_refunded',
] as const satisfies PaymentStatus[]

/** The statuses in which a payment can be submitted. Source: api.md, Payments. */
export const initiableStatuses = ['pending'] as const satisfies PaymentStatus[]

/** What a caller can do to a payment. */
export const paymentActions = ['initiate', 'cancel', 'refund', 'reverse'] as const

export type PaymentAction = (typeof paymentActions)[number]
