import type {
  CancellationStatus,
  CaptureMethod,
  CheckoutMethod,
  CheckoutStatus,
  PaymentFilter,
  PaymentMethod,
  PaymentMethodDetails,
  PaymentStatus,
  RefundStatus,
  Scope,
} from '@hedgepayments/contract'
import type { Generated } from 'kysely'
import type { PaymentToken } from '../domain/payment-token.ts'
import type { Timestamp } from '../domain/time.ts'
import type { AuditRow, DashboardSessionRow, SigningKeyRow } from './access-rows.ts'
import type { DisputeRow, LedgerTransferRow } from './money-rows.ts'
import type { PaymentAttemptRow, PaymentTaskRow } from './task-rows.ts'
import type { AttemptRow, DeliveryRow, EndpointRow } from './webhook-rows.ts'

/** The tables, as types for Kysely. `migrations/baseline/` defines and explains them. */
export interface Schema {
  merchants: MerchantRow
  api_keys: ApiKeyRow
  payments: PaymentRow
  payment_tasks: PaymentTaskRow
  payment_attempts: PaymentAttemptRow
  events: EventTable
  idempotency_records: IdempotencyRow
  refunds: RefundRow
  disputes: DisputeRow
  ledger_transfers: LedgerTransferRow
  processor_credentials: ProcessorCredentialsRow
  cancellations: CancellationRow
  cancellation_items: CancellationItemRow
  checkout_sessions: CheckoutSessionRow
  signing_keys: SigningKeyRow
  dashboard_sessions: DashboardSessionRow
  webhook_endpoints: EndpointRow
  webhook_deliveries: DeliveryRow
  webhook_attempts: AttemptRow
  audit_log: AuditRow
}

export interface MerchantRow {
  id: string
  name: string
  default_cancel_window: number
  /** The merchant's own fee schedule; `null`: the server's. */
  fee_basis_points: number | null
  fee_fixed_minor: number | null
  created_at: Timestamp
  updated_at: Timestamp
}

export interface ApiKeyRow {
  id: string
  merchant_id: string
  livemode: boolean
  name: string | null
  publishable_key: string
  secret_hash: Buffer
  secret_hint: string
  scopes: Scope[]
  requests_per_minute: number
  /** Limits shared with the keys that this key descends from, nearest first; null: none. */
  budget_names: string[] | null
  budget_limits: number[] | null
  created_at: Timestamp
  expires_at: Timestamp | null
  revoked_at: Timestamp | null
}

export interface PaymentRow {
  merchant_id: string
  livemode: boolean
  id: string
  sequence: number
  status: PaymentStatus
  amount: number
  currency: string
  payment_method: PaymentMethod
  /** `null`: the processor has not named the card or account. */
  payment_method_details: PaymentMethodDetails | null
  customer_email: string
  customer_id: string | null
  checkout_session_id: string | null
  description: string | null
  statement_descriptor: string | null
  metadata: Record<string, string>
  success_url: string | null
  cancel_url: string | null
  url: string
  /** The payment whose decline the customer retried by its link. */
  retry_of: string | null
  cancel_window: number
  cancelable_until: Timestamp | null
  capture_method: CaptureMethod
  /** The part of the amount to capture; `null`: the whole amount. */
  amount_to_capture: number | null
  captured_amount: number
  /** `null`: not authorized, or the processor has no end. */
  authorization_expires_at: Timestamp | null
  refunded_amount: number
  /** All refunds, including failed ones. */
  refund_count: number
  fee: number | null
  net_amount: number | null
  failure_code: string | null
  failure_message: string | null
  cancellation_reason: string | null
  canceled_at: Timestamp | null
  /** Whether the payment has a dispute that is not won. */
  disputed: boolean
  settled_at: Timestamp | null
  processor: string | null
  processor_reference: string | null
  /** The token of the payment method, once submitted. Never a card number. */
  payment_method_token: PaymentToken | null
  /** Where the customer confirms a pending payment. */
  next_action_url: string | null
  expires_at: Timestamp
  created_at: Timestamp
  updated_at: Timestamp
}

interface EventTable extends Omit<EventRow, 'position'> {
  position: Generated<string>
}

export interface EventRow {
  /** A bigint, as text. */
  position: string
  merchant_id: string
  livemode: boolean
  subject_id: string
  sequence: number
  type: string
  created_at: Timestamp
  actor_type: 'api_key' | 'system' | 'processor' | 'customer'
  actor_id: string | null
  from_status: PaymentStatus | null
  to_status: PaymentStatus | null
  reason: string | null
  state: Record<string, unknown> | null
}

export interface RefundRow {
  merchant_id: string
  livemode: boolean
  payment_id: string
  id: string
  amount: number
  currency: string
  status: RefundStatus
  /** `processor`: a person made the refund at the processor. */
  actor_type: 'api_key' | 'system' | 'processor'
  actor_id: string | null
  reason: string | null
  metadata: Record<string, string>
  failure_code: string | null
  failure_message: string | null
  processor_reference: string | null
  attempts: number
  /** The payment's events of the request and of the processor's answer. */
  requested_sequence: number
  answered_sequence: number | null
  /** The payment's event at which a paid refund failed after all. */
  returned_sequence: number | null
  created_at: Timestamp
  updated_at: Timestamp
}

export interface ProcessorCredentialsRow {
  merchant_id: string
  livemode: boolean
  processor: 'stripe'
  /** The key that sealed it. */
  key_id: string
  sealed: Buffer
  secret_hint: string
  /** Not secret: browsers get it. `null`: the hosted page takes no payments by this processor. */
  publishable_key: string | null
  has_webhook_secret: boolean
  updated_at: Timestamp
}

export interface IdempotencyRow {
  merchant_id: string
  livemode: boolean
  key: string
  operation: string
  request_hash: Buffer | null
  outcome: 'running' | 'stored' | 'canceled' | 'refused' | 'stale' | 'awaited'
  http_status: number | null
  body: string | null
  payment_id: string | null
  event_sequence: number | null
  refused_status: PaymentStatus | null
  reason: string | null
  actor_id: string | null
  created_at: Timestamp
  /** The end of the lease of the request that works on the key, by the database's clock. */
  locked_until: Timestamp | null
  /** The fencing token of that request: a bigint, as text. */
  lease_token: string | null
}

export interface CancellationRow {
  merchant_id: string
  livemode: boolean
  id: string
  status: CancellationStatus
  dry_run: boolean
  reason: string | null
  filter: PaymentFilter | null
  actor_id: string
  selected: boolean
  selected_through: string
  processed_through: string
  total: number
  processed: number
  canceled: number
  refused: number
  not_found: number
  /** Failed steps in a row, and the time of the next attempt, in real time. */
  failures: number
  retry_at: Timestamp | null
  created_at: Timestamp
  updated_at: Timestamp
  completed_at: Timestamp | null
}

export interface CancellationItemRow {
  merchant_id: string
  livemode: boolean
  cancellation_id: string
  payment_id: string
  outcome: 'refused' | 'not_found' | null
  current_status: PaymentStatus | null
}

export interface CheckoutSessionRow {
  merchant_id: string
  livemode: boolean
  id: string
  status: CheckoutStatus
  /** The payment of the latest attempt; `null` until the customer's e-mail address is known. */
  payment_id: string | null
  /** Payments made for the session so far. */
  tries: number
  amount: number
  currency: string
  customer_email: string | null
  customer_id: string | null
  description: string | null
  statement_descriptor: string | null
  metadata: Record<string, string>
  payment_method_types: CheckoutMethod[]
  cancel_window: number
  capture_method: CaptureMethod
  success_url: string | null
  cancel_url: string | null
  url: string
  /** The key that created it. */
  actor_id: string
  /** When a worker next checks an open session. */
  due_at: Timestamp
  /** The claim of the worker that checks the session, and the end of that lease, in real time. */
  lease: string | null
  leased_until: Timestamp | null
  /** Failed checks in a row. */
  failures: number
  expires_at: Timestamp
  completed_at: Timestamp | null
  created_at: Timestamp
  updated_at: Timestamp
}
