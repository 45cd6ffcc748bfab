import type { CaptureMethod, PaymentStatus } from './payments.ts'

/** A hosted page for one payment. */
export interface CheckoutSession {
  /** `cs_…` */
  id: string
  object: 'checkout_session'
  /** `false` in test mode. */
  livemode: boolean
  status: CheckoutStatus
  /** The page. Redirect the customer to it. */
  url: string
  /**
   * The payment of the latest attempt. A declined payment is final, so each attempt is a new payment.
   * `null` until the customer's email address is known.
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
  /** The cancel window of its payments, in seconds. */
  cancel_window: number
  /** When the money of its payments is taken. */
  capture_method: CaptureMethod
  success_url: string | null
  cancel_url: string | null
  /** When an open session expires. ISO 8601 UTC. */
  expires_at: string
  completed_at: string | null
  created_at: string
  updated_at: string
}

/** `open`: can be paid. `complete`: the customer has paid. `expired`: can no longer be paid. */
export type CheckoutStatus = 'open' | 'complete' | 'expired'

export type CheckoutMethod = 'card' | 'ach'

export interface CheckoutSessionCreateParams {
  /** Minor units, 1 to 99,999,999. */
  amount: number
  /** ISO 4217, in any case. */
  currency: string
  /** If omitted, the page asks for it. */
  customer_email?: string | null | undefined
  customer_id?: string | null | undefined
  /** A description that the customer sees. */
  description?: string | null | undefined
  /** 1 to 22 printable ASCII characters. */
  statement_descriptor?: string | null | undefined
  /** Copied to its payments. */
  metadata?: Readonly<Record<string, string>> | undefined
  /** The payment methods that the customer can choose. Default: `['card']`. */
  payment_method_types?: readonly CheckoutMethod[] | undefined
  /** Seconds, 0 to 604,800. Default: the merchant's. */
  cancel_window?: number | undefined
  /** Default: `automatic`. */
  capture_method?: CaptureMethod | undefined
  /** The page adds `session_id` and `payment_id` to it. */
  success_url?: string | null | undefined
  cancel_url?: string | null | undefined
  /** One minute to one day from now. Default: in one hour. */
  expires_at?: Date | string | undefined
}
