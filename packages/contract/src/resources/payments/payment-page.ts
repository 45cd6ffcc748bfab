import type { CheckoutMethod } from '../checkout.ts'
import type { PaymentMethod } from './payment-method-details.ts'

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

/** What the page needs to show the fields of Stripe. */
export interface StripeForm {
  readonly publishable_key: string
  /** In Stripe's units, which differ from ISO 4217 for some currencies. Wallets show it. */
  readonly amount: number
  /** ISO 4217, lower case. */
  readonly currency: string
}

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
  /** The payment method of the latest payment. `null`: there is none yet. A bank debit takes days. */
  readonly payment_method: PaymentMethod | null
  /** The fields of Stripe that collect the payment method. `null`: the page's own, as in the sandbox. */
  readonly stripe: StripeForm | null
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
