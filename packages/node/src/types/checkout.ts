import type { PaymentStatus } from './payments.ts'

/** A hosted page that takes one payment. Source: api.md, "The rest of the vendor's surface". */
export interface CheckoutSession {
  /** `cs_…` */
  id: string
  object: 'checkout_session'
  /** `false` in test mode. */
  livemode: boolean
  status: CheckoutStatus
  /** Send the customer there. */
  url: string
  /**
   * The payment of the latest try: a declined one is final, so each new try is a new payment.
   * `null` until the customer has given their e-mail, where you gave none.
   */
  payment_id: string | null
  payment_status: PaymentStatus | null
  /** Minor units of the currency. */
  amount: number
  /** ISO 4217, upper case. */
  currency: string
  customer_email: string | null
  customer_id: string | null
  description: string | null
  statement_descriptor: string | null
  metadata: Record<string, string>
  payment_method_types: CheckoutMethod[]
  /** Seconds in which a cancel of its payments is certain to win. */
  cancel_window: number
  success_url: string | null
  cancel_url: string | null
  /** When it expires by itself, still open. ISO 8601 UTC. */
  expires_at: string
  completed_at: string | null
  created_at: string
  updated_at: string
}

/** `open`: can be paid; `complete`: the customer has done their part; `expired`: cannot be paid. */
export type CheckoutStatus = 'open' | 'complete' | 'expired'

export type CheckoutMethod = 'card' | 'ach'

export interface CheckoutSessionCreateParams {
  /** Minor units, 1 to 99,999,999. */
  amount: number
  /** ISO 4217, in any case. */
  currency: string
  /** The page asks for it where it is left out. */
  customer_email?: string | null | undefined
  customer_id?: string | null | undefined
  /** What is paid for; the customer sees it. */
  description?: string | null | undefined
  /** 1 to 22 printable ASCII characters. */
  statement_descriptor?: string | null | undefined
  /** Goes to its payments too. */
  metadata?: Readonly<Record<string, string>> | undefined
  /** What the customer can choose from. Default: `['card']`. */
  payment_method_types?: readonly CheckoutMethod[] | undefined
  /** Seconds, 0 to 604,800. Default: the merchant's. */
  cancel_window?: number | undefined
  /** `session_id` and `payment_id` are added to it. */
  success_url?: string | null | undefined
  cancel_url?: string | null | undefined
  /** In one minute to one day. Default: in one hour. */
  expires_at?: Date | string | undefined
}
