import type { PaymentId } from '@hedgepayments/contract'
import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import { type Account, accountOf } from '../../domain/account.ts'
import type { Timestamp } from '../../domain/time.ts'
import { keyLeaseEnd, type LeaseToken, nextLeaseToken } from '../../idempotency/lease.sql.ts'
import { idInStatement } from '../../lists/ids.sql.ts'
import { merchantTime } from '../../merchants/clock.sql.ts'
import { createRow, type NewPayment } from '../transition/create-row.sql.ts'
import type { CreatedPlaceholders } from './created-answer.ts'

/**
 * Seconds until a payment expires, unless the request says otherwise: an hour. The creation time is cut
 * to a whole second, so one more second keeps the hour whole. Source: `expires_at` in the contract.
 */
const expirySecondsDefault = 3_600 + 1

/** The record of an idempotency key that is inserted with a payment. */
export interface CreateRecord {
  readonly key: string
  readonly requestHash: Buffer
  /** The answer for replays, or the length of the lease while the request has no answer. */
  readonly content: StoredAnswer | { readonly leaseSeconds: number }
}

/** An answer, with placeholders for the values that the statement decides. */
interface StoredAnswer {
  readonly body: string
  readonly placeholders: CreatedPlaceholders
}

/** A payment that was inserted. */
export interface Inserted {
  readonly id: PaymentId
  readonly createdAt: Timestamp
  readonly expiresAt: Timestamp
  /** The fencing token of the lease on the idempotency key, where the record has no answer yet. */
  readonly leaseToken: LeaseToken | null
}

/**
 * Inserts a payment with its first event, its expiry and the record of its idempotency key, in one
 * statement. In the payment's url and in the record's body, the final id and times replace the
 * placeholders.
 *
 * @returns `null` where the key has a record already: nothing was inserted.
 */
export async function insertPayment(
  db: Db,
  payment: NewPayment,
  { actorId, record }: { actorId: string | null; record: CreateRecord | null },
): Promise<Inserted | null> {
  const account = accountOf(payment)
  const recorded = record
    ? sql`insert into idempotency_records (merchant_id, livemode, key, operation, request_hash,
        outcome, http_status, body, payment_id, event_sequence, created_at, locked_until,
        lease_token)
      select ${payment.merchant_id}, ${payment.livemode}::boolean, ${record.key}, 'createPayment',
        ${record.requestHash}::bytea, ${outcomeColumns(record)}
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
    ${createRow(payment, { actorId, from: sql`from made where exists(select from recorded)` })}
    select id, created_at as "createdAt", expires_at as "expiresAt",
      (select lease_token from recorded) as "leaseToken"
    from created`.execute(db)
  return rows[0] ?? null
}

/** The values of the columns from `outcome` on: of an answer, or of a lease. */
function outcomeColumns({ content }: CreateRecord): RawBuilder<unknown> {
  if ('leaseSeconds' in content) {
    return sql`'running', null::smallint, null::text, made.id, null::integer, now(),
        ${keyLeaseEnd(content.leaseSeconds)}, ${nextLeaseToken}`
  }
  const { body, placeholders } = content
  return sql`'stored', 201, replace(replace(replace(${body}::text,
          ${placeholders.createdAt}, ${timestampText('made.at')}),
          ${placeholders.expiresAt}, ${timestampText('made.expires_at')}),
          ${placeholders.id}, made.id),
        made.id, 1, now(), null::timestamptz, null::bigint`
}

/** A time as the API writes it. */
function timestampText(column: 'made.at' | 'made.expires_at'): RawBuilder<string> {
  return sql`to_char(${sql.raw(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`
}

/**
 * Turns the record of a key whose cancel came first into the record of its create. The time for
 * which records are kept starts again.
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
