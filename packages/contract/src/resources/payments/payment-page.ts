import type { CheckoutMethod } from './checkout.ts'

/** Where the customer of a hosted payment page stands. */
export const paymentPageStages = [
  /** Can pay. After a declined try too, where another one is possible. */
  'open',
  /** Has to confirm the payment: 3-D Secure. */
  'confirming',
  /** Has done their part; the money is on its way. */
  'accepted',
  'paid',
  'refunded',
  /** Declined, and this link takes no other try. */
  'declined',
  'canceled',
  'expired',
] as const
export type PaymentPageStage = (typeof paymentPageStages)[number]

/**
 * All that the payment page of a link knows. Whoever has the link can read it: it holds no e-mail,
 * no metadata and nothing of other payments.
 */
export interface PaymentPage {
  readonly livemode: boolean
  readonly merchant_name: string
  /** Minor units. */
  readonly amount: number
  readonly currency: string
  readonly description: string | null
  readonly stage: PaymentPageStage
  /** Grows with every change: what comes with a lower one is out of date. */
  readonly version: number
  /** What the customer can pay with; empty where this link takes no payment by itself. */
  readonly methods: readonly CheckoutMethod[]
  readonly needs_email: boolean
  /** Why the last try was declined. */
  readonly decline_code: string | null
  /** Where the customer confirms it, while `confirming`; `null`: here, as the sandbox has it. */
  readonly confirm_url: string | null
  /** Where the customer goes on to after paying. */
  readonly success_url: string | null
  /** Where the customer goes back to. */
  readonly cancel_url: string | null
  readonly expires_at: string
  /** The server's clock, for the countdown. */
  readonly now: string
}
