import { firstStatus } from '@hedgepayments/contract'
import { type RawBuilder, sql } from 'kysely'
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

/**
 * The CTEs of every statement that creates a payment. `created` inserts the row, `created_event` its
 * first event, and `created_expiry` the task that cancels the payment at `expires_at`. In the
 * payment's url the final id replaces the provisional one.
 *
 * @param actorId the API key that creates it; `null`: the customer does.
 * @param from the FROM clause of one row `made` with `id`, `at` and `expires_at`, or of none:
 *   then nothing is inserted.
 * @returns an SQL fragment. `created` has `id`, `created_at` and `expires_at`.
 */
export function createRow(
  payment: NewPayment,
  { actorId, from }: { actorId: string | null; from: RawBuilder<unknown> },
): RawBuilder<unknown> {
  return sql`created as (
      insert into payments (merchant_id, livemode, id, sequence, status, amount, currency,
        payment_method, customer_email, customer_id, checkout_session_id, description,
        statement_descriptor, metadata,
        success_url, cancel_url, url, retry_of, cancel_window, capture_method, payment_method_token, expires_at, created_at,
        updated_at)
      select ${payment.merchant_id}, ${payment.livemode}::boolean, made.id, 1, ${firstStatus},
        ${payment.amount}::integer, ${payment.currency}, ${payment.payment_method},
        ${payment.customer_email}, ${payment.customer_id}, ${payment.checkout_session_id},
        ${payment.description},
        ${payment.statement_descriptor}, ${JSON.stringify(payment.metadata)}::jsonb,
        ${payment.success_url}, ${payment.cancel_url},
        replace(${payment.url}, ${payment.id}, made.id), ${payment.retry_of},
        ${payment.cancel_window}::integer,
        ${payment.capture_method}, ${payment.payment_method_token}, made.expires_at, made.at, made.at
      ${from}
      returning merchant_id, livemode, id, created_at, expires_at
    ), created_event as (
      insert into events (merchant_id, livemode, subject_id, sequence, type, created_at,
        actor_type, actor_id, to_status)
      select merchant_id, livemode, id, 1, 'payment.created', created_at,
        ${actorId === null ? 'customer' : 'api_key'}, ${actorId}, ${firstStatus} from created
    ), created_expiry as (
      insert into payment_tasks (merchant_id, livemode, payment_id, kind, due_at,
        waiting_since)
      select merchant_id, livemode, id, 'expire', expires_at, created_at from created
    )`
}
