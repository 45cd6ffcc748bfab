import { firstStatus } from '@hedgepayments/contract'
import type { PaymentRow } from '../../database/schema.ts'
import type { Timestamp } from '../../domain/time.ts'

/**
 * The values of a new payment. `id` is provisional, because the statement takes the time for the
 * final id from the database: lists are sorted by that time. The database also says when the payment
 * was created, because by the clock of a server that is an hour behind, it would expire at once.
 */
export type NewPayment = Pick<
  PaymentRow,
  | 'merchant_id'
  | 'livemode'
  | 'id'
  | 'amount'
  | 'currency'
  | 'payment_method'
  | 'customer_email'
  | 'customer_id'
  | 'checkout_session_id'
  | 'description'
  | 'statement_descriptor'
  | 'metadata'
  | 'success_url'
  | 'cancel_url'
  | 'url'
  | 'retry_of'
  | 'cancel_window'
  | 'capture_method'
  | 'payment_method_token'
> & {
  /** `null`: an hour after the creation. */
  readonly expires_at: Timestamp | null
}

/** The columns of a new payment that the request contains, with their types in the database. */
export const requestedColumns = [
  ['merchant_id', 'text'],
  ['livemode', 'boolean'],
  ['amount', 'integer'],
  ['currency', 'text'],
  ['payment_method', 'text'],
  ['customer_email', 'text'],
  ['customer_id', 'text'],
  ['checkout_session_id', 'text'],
  ['description', 'text'],
  ['statement_descriptor', 'text'],
  ['metadata', 'jsonb'],
  ['success_url', 'text'],
  ['cancel_url', 'text'],
  ['retry_of', 'text'],
  ['cancel_window', 'integer'],
  ['capture_method', 'text'],
  ['payment_method_token', 'text'],
] as const satisfies readonly (readonly [keyof NewPayment, string])[]

const requestedNames = requestedColumns.map(([name]) => name).join(', ')

/**
 * The CTEs of every statement that creates payments. `created` inserts the rows, `created_events` the
 * first event of each, and `created_expiries` the tasks that cancel the payments at `expires_at`. In the
 * url of a payment the final id replaces the provisional one.
 *
 * @param name a CTE with one row for each payment: `id`, `provisional_id`, `at`, `expires_at`, `url`,
 *   `actor_id` (the API key that creates it; null: the customer does), `n` (their order), and the
 *   columns of `requestedColumns`.
 * @returns SQL text.
 */
export function createRows(name: string): string {
  return `created as (
  insert into payments (id, sequence, status, url, expires_at, created_at, updated_at, ${requestedNames})
  select id, 1, '${firstStatus}', replace(url, provisional_id, id), expires_at, at, at, ${requestedNames}
  from ${name} order by n
  returning merchant_id, livemode, id, created_at, expires_at
), created_events as (
  insert into events (merchant_id, livemode, subject_id, sequence, type, created_at, actor_type,
    actor_id, to_status)
  select c.merchant_id, c.livemode, c.id, 1, 'payment.created', c.created_at,
    case when s.actor_id is null then 'customer' else 'api_key' end, s.actor_id, '${firstStatus}'
  from created c join ${name} s
    on s.merchant_id = c.merchant_id and s.livemode = c.livemode and s.id = c.id
), created_expiries as (
  insert into payment_tasks (merchant_id, livemode, payment_id, kind, due_at, waiting_since)
  select merchant_id, livemode, id, 'expire', expires_at, created_at from created
)`
}
