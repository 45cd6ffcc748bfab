import type { Account } from './account.ts'

/** The primary key of a payment. */
export interface PaymentKey extends Account {
  readonly paymentId: string
}

/**
 * Compares payments by their primary key. A statement that locks several payments locks them in this
 * order, so that no two statements wait for each other.
 */
export function comparePaymentKeys(a: PaymentKey, b: PaymentKey): number {
  if (a.merchantId !== b.merchantId) return a.merchantId < b.merchantId ? -1 : 1
  if (a.livemode !== b.livemode) return a.livemode ? 1 : -1
  return a.paymentId < b.paymentId ? -1 : a.paymentId > b.paymentId ? 1 : 0
}
