import { firstStatus } from '@hedgepayments/contract'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { PaymentRow, Schema, Timestamp } from '../database/schema.ts'
import { recordedAt } from '../idempotency/records.sql.ts'

type Db = Kysely<Schema>

/** A payment to be inserted: what a row begins with. */
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
  | 'description'
  | 'statement_descriptor'
  | 'metadata'
  | 'success_url'
  | 'cancel_url'
  | 'url'
  | 'cancel_window'
  | 'payment_method_token'
  | 'expires_at'
  | 'created_at'
>

/** The record of an idempotency key that goes with the payment. */
export interface CreateRecord {
  readonly key: string
  readonly requestHash: Buffer
  /** The answer, to be told again; `null`: there is none yet. */
  readonly body: string | null
  /** Until when, in real time, the request is still at it, where there is no answer yet. */
  readonly lockedUntil: Timestamp | null
}

/**
 * Inserts a payment with its first event, its expiry and the record of its idempotency key, in one
 * statement. `false`: there is a record of the key already, and nothing was inserted.
 */
export async function insertPayment(
  db: Db,
  payment: NewPayment,
  { actorId, record }: { actorId: string; record: CreateRecord | null },
): Promise<boolean> {
  const recorded = record
    ? sql`insert into idempotency_records (merchant_id, livemode, key, operation, request_hash,
        outcome, http_status, body, payment_id, event_sequence, created_at, locked_until)
      values (${payment.merchant_id}, ${payment.livemode}, ${record.key}, 'createPayment',
        ${record.requestHash}, ${record.body === null ? 'running' : 'stored'},
        ${record.body === null ? null : 201}, ${record.body}, ${payment.id},
        ${record.body === null ? null : 1}, ${recordedAt(payment.created_at)},
        ${record.lockedUntil}::timestamptz)
      on conflict do nothing
      returning 1`
    : sql`select 1`
  const { rows } = await sql`
    with recorded as (${recorded}),
    inserted as (
      ${insertRow(payment)}
      where exists (select from recorded)
      returning merchant_id, livemode, id, created_at, expires_at
    ), noted as (
      insert into events (merchant_id, livemode, subject_id, sequence, type, created_at,
        actor_type, actor_id, to_status)
      select merchant_id, livemode, id, 1, 'payment.created', created_at, 'api_key',
        ${actorId}, ${firstStatus} from inserted
    ), planned as (
      insert into payment_tasks (merchant_id, livemode, payment_id, kind, due_at)
      select merchant_id, livemode, id, 'expire', expires_at from inserted
    )
    select 1 from inserted`.execute(db)
  return rows.length > 0
}

/**
 * Turns the record of a key by which a cancel came first into that of its create, which is kept as
 * long from then on.
 */
export async function recordCanceledCreate(
  tx: Db,
  payment: NewPayment,
  record: { key: string; requestHash: Buffer; body: string },
): Promise<void> {
  await sql`
    update idempotency_records
    set operation = 'createPayment', request_hash = ${record.requestHash}, outcome = 'stored',
      http_status = 201, body = ${record.body}, payment_id = ${payment.id}, event_sequence = 2,
      created_at = ${recordedAt(payment.created_at)}
    where merchant_id = ${payment.merchant_id} and livemode = ${payment.livemode}
      and key = ${record.key}`.execute(tx)
}

function insertRow(payment: NewPayment): RawBuilder<unknown> {
  return sql`insert into payments (merchant_id, livemode, id, sequence, status, amount, currency,
      payment_method, customer_email, customer_id, description, statement_descriptor, metadata,
      success_url, cancel_url, url, cancel_window, payment_method_token, expires_at, created_at,
      updated_at)
    select ${payment.merchant_id}, ${payment.livemode}::boolean, ${payment.id}, 1, ${firstStatus},
      ${payment.amount}::integer, ${payment.currency}, ${payment.payment_method},
      ${payment.customer_email}, ${payment.customer_id}, ${payment.description},
      ${payment.statement_descriptor}, ${JSON.stringify(payment.metadata)}::jsonb,
      ${payment.success_url}, ${payment.cancel_url}, ${payment.url},
      ${payment.cancel_window}::integer, ${payment.payment_method_token},
      ${payment.expires_at}::timestamptz, ${payment.created_at}::timestamptz,
      ${payment.created_at}::timestamptz`
}
