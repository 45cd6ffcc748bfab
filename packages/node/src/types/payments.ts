import type { ListParams, TimeRange } from './lists.ts'

/** A payment. All fields are always present; a missing value is `null`. */
export interface Payment {
  /** `pay_…` */
  id: string
  object: 'payment'
  /** `false` in test mode. */
  livemode: boolean
  /** Minor units of the currency (cents; JPY has none), 1 to 99,999,999. */
  amount: number
  /** ISO 4217, upper case. */
  currency: string
  status: PaymentStatus
  /** Whether the payment can be canceled now. */
  cancelable: boolean
  /** Until when an initiated payment is guaranteed to be cancelable. ISO 8601 UTC. */
  cancelable_until: string | null
  /** Seconds between `initiated` and `processing` during which a cancel always succeeds. */
  cancel_window: number
  /** The actions that are possible now. */
  allowed_actions: PaymentAction[]
  payment_method: PaymentMethod
  /** The card or account. `null` until the processor has named it. */
  payment_method_details: PaymentMethodDetails | null
  customer_email: string
  customer_id: string | null
  /** The checkout session of the payment. */
  checkout_session_id: string | null
  description: string | null
  statement_descriptor: string | null
  merchant_id: string
  metadata: Record<string, string>
  /** Minor units refunded so far. */
  refunded_amount: number
  /** The fee in minor units, once known. */
  fee: number | null
  /** The amount for the merchant in minor units, once known. */
  net_amount: number | null
  refunds: Refund[]
  failure_code: string | null
  failure_message: string | null
  cancellation_reason: string | null
  canceled_at: string | null
  /** `automatic`: the money is taken when the cancel window ends. `manual`: by `payments.capture`. */
  capture_method: CaptureMethod
  /** Minor units taken from the customer. */
  captured_amount: number
  /** When the authorization ends. `null`: not authorized, or the processor has no end. */
  authorization_expires_at: string | null
  /** Whether it has a dispute that is not won. It cannot be refunded or reversed then. */
  disputed: boolean
  settled: boolean
  settled_at: string | null
  success_url: string | null
  cancel_url: string | null
  /** The hosted page. Retries of a declined payment share it. */
  url: string
  /** What the customer must do before a pending payment can continue, such as 3-D Secure. */
  next_action: NextAction | null
  /** When a pending payment is canceled automatically. ISO 8601 UTC. */
  expires_at: string
  created_at: string
  updated_at: string
}

export interface NextAction {
  type: 'redirect_to_url'
  /** The page to which the customer must go. It leads back to the payment's page. */
  url: string
}

/** `pending` and `initiated` can be canceled; `succeeded` and `partially_refunded` can be refunded. */
export type PaymentStatus =
  | 'pending'
  | 'initiated'
  | 'processing'
  | 'succeeded'
  | 'partially_refunded'
  | 'refunded'
  | 'failed'
  | 'canceled'

export type PaymentAction = 'initiate' | 'cancel' | 'capture' | 'refund' | 'reverse'

export type CaptureMethod = 'automatic' | 'manual'

export type PaymentMethod = 'card' | 'ach' | 'crypto'

/** The card or account that the customer has used. Never contains its whole number. */
export interface PaymentMethodDetails {
  type: PaymentMethod
  /** Such as `visa`. */
  brand: string | null
  /** The last four digits of the card or account. */
  last4: string | null
  /** 1 to 12. */
  exp_month: number | null
  exp_year: number | null
  /** The country of the issuer: two letters of ISO 3166-1. */
  country: string | null
  /** Such as `apple_pay`. */
  wallet: string | null
  bank_name: string | null
}

export interface Refund {
  /** `ref_…` */
  id: string
  object: 'refund'
  payment_id: string
  /** Minor units. */
  amount: number
  currency: string
  /** `failed`: the processor refused the refund, or the bank returned it. Its amount can be refunded again. */
  status: 'pending' | 'succeeded' | 'failed'
  /** `processor`: a person made the refund at the processor, for example in Stripe's dashboard. */
  actor: { type: 'api_key' | 'system' | 'processor' | 'customer'; id: string | null }
  reason: string | null
  metadata: Record<string, string>
  failure_code: string | null
  failure_message: string | null
  created_at: string
}

/** The answer of `payments.reverse`: the payment, and how it was reversed. */
export interface ReversedPayment extends Payment {
  /** `pending`: the payment is processing, and is reversed as soon as the network has decided. */
  reversal: 'canceled' | 'refunded' | 'pending'
}

/** A cancel whose create has not arrived yet. */
export interface PendingCancellation {
  object: 'pending_cancellation'
  livemode: boolean
  idempotency_key: string
  reason: string | null
  created_at: string
  /** If the create arrives before this time, its payment is canceled. ISO 8601 UTC. */
  expires_at: string
}

export interface PaymentCreateParams {
  /** Minor units, 1 to 99,999,999. */
  amount: number
  /** ISO 4217, in any case. */
  currency: string
  customer_email: string
  /** Default: `card`. */
  payment_method?: PaymentMethod | undefined
  payment_method_token?: string | undefined
  customer_id?: string | null | undefined
  description?: string | null | undefined
  /** 1 to 22 printable ASCII characters. */
  statement_descriptor?: string | null | undefined
  /** 50 keys, key up to 40, value up to 500 characters. */
  metadata?: Readonly<Record<string, string>> | undefined
  success_url?: string | null | undefined
  cancel_url?: string | null | undefined
  /** Default: in one hour. */
  expires_at?: Date | string | undefined
  /** Seconds, 0 to 604,800. Default: the merchant's. */
  cancel_window?: number | undefined
  /** `manual`: the payment waits for `payments.capture`. Default: `automatic`. */
  capture_method?: CaptureMethod | undefined
  /** Initiates the payment at once. */
  initiate?: boolean | undefined
}

export interface PaymentListParams extends ListParams {
  status?: PaymentStatus | readonly PaymentStatus[] | undefined
  customer_email?: string | undefined
  customer_id?: string | undefined
  checkout_session_id?: string | undefined
  /** The last four digits of the card or account. */
  last4?: string | undefined
  /** Exactly this amount, in minor units. */
  amount?: number | undefined
  created_at?: TimeRange | undefined
  metadata?: Readonly<Record<string, string>> | undefined
  /** Whether the payment waits for an operator: see `payments.attention`. */
  needs_attention?: boolean | undefined
}

/** One call to the processor about a payment. */
export interface PaymentAttempt {
  object: 'payment_attempt'
  /** 1, 2, 3 … within one payment. */
  number: number
  kind: 'authorize' | 'capture' | 'void' | 'refund' | 'refund_late_capture' | 'look_up'
  /** The processor's name, such as `sandbox`. */
  processor: string
  actor: { type: 'api_key' | 'system' | 'processor' | 'customer'; id: string | null }
  /**
   * `unknown`: the processor did not answer, and the payment is looked up. `accepted`: a bank debit that is
   * sent later. `null`: in progress.
   */
  outcome:
    | 'authorized'
    | 'action_required'
    | 'captured'
    | 'voided'
    | 'refunded'
    | 'declined'
    | 'undecided'
    | 'absent'
    | 'unknown'
    | 'accepted'
    | null
  code: string | null
  message: string | null
  started_at: string
  ended_at: string | null
}

export interface PaymentInitiateParams {
  payment_method_token?: string | undefined
}

export interface PaymentCancelParams {
  /** For your records; up to 500 characters. */
  reason?: string | null | undefined
}

export interface PaymentCaptureParams {
  /** Minor units to capture. The rest is released. Default: the whole amount. */
  amount?: number | undefined
}

export interface PaymentResolveParams {
  /** What to do, or the fact that the processor does not tell. */
  resolution: Resolution
  /** How you know, for the event and the audit log. */
  reason: string
  /** For `captured`: the captured minor units. Default: the amount that was to be captured. */
  amount?: number | undefined
  /** For `refund_paid` and `refund_failed`, if several refunds are pending. */
  refund_id?: string | undefined
  /** For `dispute_won` and `dispute_lost`, if several disputes are open. */
  dispute_id?: string | undefined
}

/** Why a payment needs attention. It is removed as soon as the cause has ended. */
export interface Attention {
  object: 'attention'
  payment_id: string
  /** For programs. */
  reason: AttentionReason
  /** Since when the payment has waited, or the problem has existed. ISO 8601 UTC. */
  since: string
  /** What it means and what to do, for people. */
  message: string
  /** The resolutions that the payment accepts now. */
  resolutions: Resolution[]
}

export type AttentionReason =
  | 'step_overdue'
  | 'authorization_overdue'
  | 'watch_overdue'
  | 'capture_overdue'
  | 'void_overdue'
  | 'late_refund_overdue'
  | 'refund_overdue'
  | 'settlement_overdue'
  | 'recheck_overdue'
  | 'dispute_overdue'
  | 'processor_refuses_credentials'
  | 'refunded_above_captured'
  | 'capture_contradicted'
  | 'dispute_unreadable'
  | 'late_refund_returned'
  | 'dispute_inquiry'

export type Resolution =
  | 'retry'
  | 'captured'
  | 'not_captured'
  | 'voided'
  | 'late_capture_refunded'
  | 'refund_paid'
  | 'refund_failed'
  | 'settled'
  | 'dispute_won'
  | 'dispute_lost'
  | 'accepted'

export interface PaymentRefundParams {
  /** Minor units. Default: the whole remainder. */
  amount?: number | undefined
  reason?: string | null | undefined
  metadata?: Readonly<Record<string, string>> | undefined
}

export interface PaymentReverseParams {
  reason?: string | null | undefined
}
