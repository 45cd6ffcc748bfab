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
export const paymentActions = ['initiate', 'cancel', 'refund', 'reverse'] as const

export type PaymentAction = (typeof paymentActions)[number]
