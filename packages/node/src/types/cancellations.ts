import type { TimeRange } from './lists.ts'
import type { PaymentStatus } from './payments.ts'

/** A bulk cancellation with its progress. */
export interface Cancellation {
  /** `can_…` */
  id: string
  object: 'cancellation'
  livemode: boolean
  status: 'pending' | 'running' | 'paused' | 'completed'
  /** `true` if the run only counts payments. */
  dry_run: boolean
  reason: string | null
  filter: CancellationFilter | null
  /** The number of payments; `null` until they are counted. */
  total: number | null
  processed: number
  canceled: number
  /** The number of payments that were no longer cancelable. */
  refused: number
  not_found: number
  created_at: string
  updated_at: string
  completed_at: string | null
}

/** The result of one payment of a bulk cancellation. */
export interface CancellationResult {
  object: 'cancellation_result'
  payment_id: string
  outcome: 'canceled' | 'refused' | 'not_found'
  /** `null` if the payment was not found. */
  current_status: PaymentStatus | null
}

/** The filter of a bulk cancellation, as the server stores it. */
export interface CancellationFilter {
  status?: PaymentStatus[]
  customer_email?: string
  customer_id?: string
  checkout_session_id?: string
  last4?: string
  amount?: number
  created_at?: { gte?: string; gt?: string; lte?: string; lt?: string }
  metadata?: Record<string, string>
  needs_attention?: boolean
}

export interface CancellationResultListParams {
  /** Items per page, 1 to 1,000. Default: 100. */
  limit?: number | undefined
  /** The payment id after which the page begins. */
  starting_after?: string | undefined
  /** Only results with this outcome. */
  outcome?: CancellationResult['outcome'] | undefined
}

/** Either `payment_ids` or `filter`. */
export interface CancellationCreateParams {
  /** Up to 100,000. */
  payment_ids?: readonly string[] | undefined
  filter?: CancellationFilterParams | undefined
  reason?: string | null | undefined
  dry_run?: boolean | undefined
}

export interface CancellationFilterParams {
  status?: PaymentStatus | readonly PaymentStatus[] | undefined
  customer_id?: string | undefined
  customer_email?: string | undefined
  checkout_session_id?: string | undefined
  /** The last four digits of the card or account. */
  last4?: string | undefined
  amount?: number | undefined
  metadata?: Readonly<Record<string, string>> | undefined
  created_at?: TimeRange | undefined
}
