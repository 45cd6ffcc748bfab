import type { PaymentId } from '@hedgepayments/contract'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { PaymentRow, Schema, Timestamp } from '../database/schema.ts'
import { recordedAt } from '../idempotency/records.sql.ts'
import { idInStatement } from '../lists/ids.sql.ts'

type Db = Kysely<Schema>

/**
 * A payment to be inserted: what a row begins with. Its id is provisional: the one in the table has
 * the time by which lists are sorted, which the database says.
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
 * statement. The payment's id takes the place of the provisional one, also in its url and in the
 * body of the record.
 *
 * @returns the payment's id. `null`: there is a record of the key already; nothing was inserted.
 */
export async function insertPayment(
  db: Db,
  payment: NewPayment,
  { actorId, record }: { actorId: string; record: CreateRecord | null },
): Promise<PaymentId | null> {
  const account = { merchantId: payment.merchant_id, livemode: payment.livemode }
  const recorded = record
    ? sql`insert into idempotency_records (merchant_id, livemode, key, operation, request_hash,
        outcome, http_status, body, payment_id, event_sequence, created_at, locked_until)
      select ${payment.merchant_id}, ${payment.livemode}::boolean, ${record.key}, 'createPayment',
        ${record.requestHash}::bytea, ${record.body === null ? 'running' : 'stored'},
        ${record.body === null ? null : 201}::smallint,
        replace(${record.body}::text, ${payment.id}, made.id), made.id,
        ${record.body === null ? null : 1}::integer, ${recordedAt(payment.created_at)},
        ${record.lockedUntil}::timestamptz
      from made
      on conflict do nothing
      returning 1`
    : sql`select 1`
  const { rows } = await sql<{ id: PaymentId }>`
    with made as materialized (
      select ${idInStatement('payment', account)} as id
    ), recorded as (${recorded}),
    inserted as (
      ${insertRow(payment, { status: 'pending', sequence: 1 })}
      from made where exists (select from recorded)
      returning merchant_id, livemode, id, created_at, expires_at
    ), noted as (
      insert into events (merchant_id, livemode, subject_id, sequence, type, created_at,
        actor_type, actor_id, to_status)
      select merchant_id, livemode, id, 1, 'payment.created', created_at, 'api_key',
        ${actorId}, 'pending' from inserted
    ), planned as (
      insert into payment_tasks (merchant_id, livemode, payment_id, kind, due_at)
      select merchant_id, livemode, id, 'expire', expires_at from inserted
    )
    select id from inserted`.execute(db)
  return rows[0]?.id ?? null
}

/**
 * Inserts a payment that was canceled before it came, by the id that it is given, with both its events: a cancel by its
 * idempotency key was promised. The record of the key becomes that of the create, and is kept as
 * long from then on.
 */
export async function insertCanceledPayment(
  db: Db,
  payment: NewPayment,
  {
    actorId,
    record,
    cancel,
  }: {
    actorId: string
    record: CreateRecord
    cancel: { reason: string | null; actorId: string | null; at: Timestamp }
  },
): Promise<void> {
  await sql`
    with made as (
      select ${payment.id}::text as id
    ), inserted as (
      ${insertRow(payment, { status: 'canceled', sequence: 2, cancel })}
      from made
      returning merchant_id, livemode, id, created_at
    ), noted as (
      insert into events (merchant_id, livemode, subject_id, sequence, type, created_at,
        actor_type, actor_id, from_status, to_status, reason)
      select merchant_id, livemode, id, 1, 'payment.created', created_at, 'api_key',
        ${actorId}, null, 'pending', null from inserted
      union all
      select merchant_id, livemode, id, 2, 'payment.canceled', created_at, 'api_key',
        ${cancel.actorId}, 'pending', 'canceled', ${cancel.reason} from inserted
      order by 4
    )
    update idempotency_records
    set operation = 'createPayment', request_hash = ${record.requestHash}, outcome = 'stored',
      http_status = 201, body = ${record.body}, payment_id = ${payment.id}, event_sequence = 2,
      created_at = ${recordedAt(payment.created_at)}
    where merchant_id = ${payment.merchant_id} and livemode = ${payment.livemode}
      and key = ${record.key}`.execute(db)
}

function insertRow(
  payment: NewPayment,
  {
    status,
    sequence,
    cancel,
  }: { status: string; sequence: number; cancel?: { reason: string | null; at: Timestamp } },
): RawBuilder<unknown> {
  return sql`insert into payments (merchant_id, livemode, id, sequence, status, amount, currency,
      payment_method, customer_email, customer_id, description, statement_descriptor, metadata,
      success_url, cancel_url, url, cancel_window, payment_method_token, cancellation_reason, canceled_at, expires_at,
      created_at, updated_at)
    select ${payment.merchant_id}, ${payment.livemode}::boolean, made.id,
      ${sequence}::integer, ${status}, ${payment.amount}::integer, ${payment.currency},
      ${payment.payment_method}, ${payment.customer_email}, ${payment.customer_id},
      ${payment.description}, ${payment.statement_descriptor},
      ${JSON.stringify(payment.metadata)}::jsonb, ${payment.success_url}, ${payment.cancel_url},
      replace(${payment.url}, ${payment.id}, made.id), ${payment.cancel_window}::integer, ${payment.payment_method_token},
      ${cancel?.reason ?? null},
      ${cancel?.at ?? null}::timestamptz, ${payment.expires_at}::timestamptz,
      ${payment.created_at}::timestamptz, ${payment.created_at}::timestamptz`
}
