import type {
  CancellationStatus,
  PaymentFilter,
  PaymentMethod,
  PaymentStatus,
  Scope,
} from '@hedgepayments/contract'
import type { Generated } from 'kysely'

/** A moment as the API writes it, `2024-06-15T10:32:00Z`: the pools parse timestamptz to this. */
export type Timestamp = string

/** The tables, as Kysely types them. The migrations are their source. */
export interface Schema {
  merchants: MerchantRow
  api_keys: ApiKeyRow
  payments: PaymentRow
  payment_tasks: PaymentTaskRow
  events: EventTable
  idempotency_records: IdempotencyRow
  cancellations: CancellationRow
  cancellation_items: CancellationItemRow
  dashboard_sessions: DashboardSessionRow
}

export interface MerchantRow {
  id: string
  name: string
  default_cancel_window: number
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
  customer_email: string
  customer_id: string | null
  description: string | null
  statement_descriptor: string | null
  metadata: Record<string, string>
  success_url: string | null
  cancel_url: string | null
  url: string
  cancel_window: number
  cancelable_until: Timestamp | null
  refunded_amount: number
  fee: number | null
  net_amount: number | null
  failure_code: string | null
  failure_message: string | null
  cancellation_reason: string | null
  canceled_at: Timestamp | null
  settled_at: Timestamp | null
  processor: string | null
  processor_reference: string | null
  expires_at: Timestamp
  created_at: Timestamp
  updated_at: Timestamp
}

export interface PaymentTaskRow {
  merchant_id: string
  livemode: boolean
  payment_id: string
  kind: string
  due_at: Timestamp
  attempts: Generated<number>
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
  locked_until: Timestamp | null
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
  created_at: Timestamp
  updated_at: Timestamp
  completed_at: Timestamp | null
}

export interface CancellationItemRow {
  cancellation_id: string
  payment_id: string
  outcome: 'refused' | 'not_found' | null
  current_status: PaymentStatus | null
}

export interface DashboardSessionRow {
  token_hash: Buffer
  key_id: string
  created_at: Timestamp
  expires_at: Timestamp
}
