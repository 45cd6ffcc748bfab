import type { CheckoutMethod } from '../checkout.ts'

/** The stages of a hosted payment page. */
export const paymentPageStages = [
  /** The customer can pay, also after a declined attempt if another one is possible. */
  'open',
  /** The customer must confirm the payment: 3-D Secure. */
  'confirming',
  /** The customer has paid. The payment is in progress. */
  'accepted',
  'paid',
  'refunded',
  /** Declined, and the link accepts no other attempt. */
  'declined',
  'canceled',
  'expired',
] as const
export type PaymentPageStage = (typeof paymentPageStages)[number]

/**
 * The data of a hosted payment page. Anyone with the link can read it, so it contains no email address,
 * no metadata and nothing about other payments.
 */
export interface PaymentPage {
  readonly livemode: boolean
  readonly merchant_name: string
  /** Minor units. */
  readonly amount: number
  readonly currency: string
  readonly description: string | null
  readonly stage: PaymentPageStage
  /** Grows with each change. Data with a lower version is outdated. */
  readonly version: number
  /** The available payment methods; empty if the page cannot initiate the payment. */
  readonly methods: readonly CheckoutMethod[]
  readonly needs_email: boolean
  /** The decline code of the last attempt. */
  readonly decline_code: string | null
  /** While `confirming`, the page of the confirmation. `null`: this page, as in the sandbox. */
  readonly confirm_url: string | null
  /** The page for the customer after the payment. */
  readonly success_url: string | null
  /** The page for the customer who does not want to pay. */
  readonly cancel_url: string | null
  readonly expires_at: string
  /** The server's clock, for the countdown. */
  readonly now: string
}
