import { firstStatus, type PaymentId } from '@hedgepayments/contract'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { PaymentRow, Schema } from '../../database/schema.ts'
import type { Account } from '../../domain/account.ts'
import type { Timestamp } from '../../domain/time.ts'
import { type LeaseToken, leaseEnd, nextToken } from '../../idempotency/lease.sql.ts'
import { idInStatement } from '../../lists/ids.sql.ts'
import { merchantTime } from '../../merchants/clock.sql.ts'

type Db = Kysely<Schema>

/** Source: api.md, Payments: one hour. One second more rounds up: the start is cut to a whole second. */
const expirySecondsDefault = 3_600 + 1

/**
 * A payment to be inserted: what a row begins with. Its id is provisional: the one in the table has
 * the time by which lists are sorted, which the database says. The database also says when it was
 * created: by the clock of a server that is an hour behind, it would expire at once.
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
> & {
  /** `null`: an hour after it was created. */
  readonly expires_at: Timestamp | null
}

/** The record of an idempotency key that goes with the payment. */
export interface CreateRecord {
  readonly key: string
  readonly requestHash: Buffer
  /** The answer, to be replayed, or how long the request holds its key while there is none yet. */
  readonly holds: { readonly body: string } | { readonly leaseSeconds: number }
}

/** A payment that was inserted. */
export interface Inserted {
  readonly id: PaymentId
  readonly createdAt: Timestamp
  readonly expiresAt: Timestamp
  /** Of the lease on the idempotency key, where the record has no answer yet. */
  readonly leaseToken: LeaseToken | null
}

/**
 * Inserts a payment with its first event, its expiry and the record of its idempotency key, in one
 * statement. The payment's id takes the place of the provisional one, also in its url. In the body
 * of the record, id and times take the places of their placeholders. `null`: there is a record of
 * the key already, and nothing was inserted.
 */
export async function insertPayment(
  db: Db,
  payment: NewPayment,
  { actorId, record }: { actorId: string; record: CreateRecord | null },
): Promise<Inserted | null> {
  const account = { merchantId: payment.merchant_id, livemode: payment.livemode }
  const recorded = record
    ? sql`insert into idempotency_records (merchant_id, livemode, key, operation, request_hash,
        outcome, http_status, body, payment_id, event_sequence, created_at, locked_until,
        lease_token)
      select ${payment.merchant_id}, ${payment.livemode}::boolean, ${record.key}, 'createPayment',
        ${record.requestHash}::bytea, ${outcomeColumns(record, payment)}
      from made
      on conflict do nothing
      returning lease_token`
    : sql`select null::bigint as lease_token`
  const { rows } = await sql<Inserted>`
    with made as materialized (
      select id, at, coalesce(${payment.expires_at}::timestamptz,
          at + make_interval(secs => ${expirySecondsDefault})) as expires_at
      from (select ${idInStatement('payment', account)} as id, ${merchantTime(account)} as at) m
    ), recorded as (${recorded}),
    inserted as (
      ${insertRow(payment)}
      from made where exists (select from recorded)
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
    select id, created_at as "createdAt", expires_at as "expiresAt",
      (select lease_token from recorded) as "leaseToken"
    from inserted`.execute(db)
  return rows[0] ?? null
}

/** What stands in the body of an answer for what the insert will decide. Nobody can guess them. */
export function placeholdersOf({ id }: NewPayment) {
  return { createdAt: `created-${id}`, expiresAt: `expires-${id}` }
}

/** Puts what the insert has decided in the places of the placeholders, as the statement does. */
export function fillIn(body: string, payment: NewPayment, inserted: Inserted): string {
  const { createdAt, expiresAt } = placeholdersOf(payment)
  return body
    .replaceAll(createdAt, inserted.createdAt)
    .replaceAll(expiresAt, inserted.expiresAt)
    .replaceAll(payment.id, inserted.id)
}

/** A time as the API writes it. */
function timestampText(column: 'made.at' | 'made.expires_at'): RawBuilder<string> {
  return sql`to_char(${sql.raw(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`
}

/** From `outcome` on: an answer, or a lease until there is one. */
function outcomeColumns({ holds }: CreateRecord, payment: NewPayment): RawBuilder<unknown> {
  const placeholders = placeholdersOf(payment)
  return 'body' in holds
    ? sql`'stored', 201, replace(replace(replace(${holds.body}::text,
          ${placeholders.createdAt}, ${timestampText('made.at')}),
          ${placeholders.expiresAt}, ${timestampText('made.expires_at')}),
          ${payment.id}, made.id),
        made.id, 1, now(), null::timestamptz, null::bigint`
    : sql`'running', null::smallint, null::text, made.id, null::integer, now(),
        ${leaseEnd(holds.leaseSeconds)}, ${nextToken}`
}

/**
 * Turns the record of a key by which a cancel came first into that of its create, which is kept as
 * long from then on.
 */
export async function recordCanceledCreate(
  tx: Db,
  created: { readonly paymentId: string; readonly body: string },
  record: { account: Account; key: string; requestHash: Buffer },
): Promise<void> {
  const { account } = record
  const { rows } = await sql`
    update idempotency_records
    set operation = 'createPayment', request_hash = ${record.requestHash}, outcome = 'stored',
      http_status = 201, body = ${created.body}, payment_id = ${created.paymentId},
      event_sequence = 2, created_at = now()
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
      and key = ${record.key} and outcome = 'awaited'
    returning key`.execute(tx)
  if (rows.length === 0) throw new Error('the record of an awaited create was replaced')
}

function insertRow(payment: NewPayment): RawBuilder<unknown> {
  return sql`insert into payments (merchant_id, livemode, id, sequence, status, amount, currency,
      payment_method, customer_email, customer_id, description, statement_descriptor, metadata,
      success_url, cancel_url, url, cancel_window, payment_method_token, expires_at, created_at,
      updated_at)
    select ${payment.merchant_id}, ${payment.livemode}::boolean, made.id, 1, ${firstStatus},
      ${payment.amount}::integer, ${payment.currency}, ${payment.payment_method},
      ${payment.customer_email}, ${payment.customer_id}, ${payment.description},
      ${payment.statement_descriptor}, ${JSON.stringify(payment.metadata)}::jsonb,
      ${payment.success_url}, ${payment.cancel_url},
      replace(${payment.url}, ${payment.id}, made.id), ${payment.cancel_window}::integer,
      ${payment.payment_method_token}, made.expires_at, made.at, made.at`
}
