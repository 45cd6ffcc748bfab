import { type RawBuilder, sql } from 'kysely'
import { isCluster } from '../../../database/cluster/cluster.ts'
import type { Db } from '../../../database/db.ts'
import { type EntryColumn, entryRows } from '../../../database/statements/entries.ts'
import type { Timestamp } from '../../../domain/time.ts'
import { plainTokens, plannedFaultToken } from '../tokens/tokens.ts'
import { bookName, type SandboxPayment } from './books.sql.ts'

// The calls that nearly every payment makes once: its first authorization, and its capture. Many of them are one
// transaction. A call that does not fit is left out, changes nothing, and is made by itself (`sandbox.ts`): for
// example, a repeated one, one about a payment that another call locks, and one for which a failure is planned.

/** One of these calls. */
export interface FirstCall {
  /** The entry of the payment after the call. */
  readonly entry: SandboxPayment
  readonly idempotencyKey: string
  readonly now: Timestamp
  /** The answer of the call, which is kept for its key. */
  readonly answer: object
}

const commonColumns: readonly EntryColumn<FirstCall>[] = [
  ['merchant_id', 'text', ({ entry }) => entry.merchant_id],
  ['payment_id', 'text', ({ entry }) => entry.payment_id],
  ['reference', 'text', ({ entry }) => entry.reference],
  ['idempotency_key', 'text', ({ idempotencyKey }) => idempotencyKey],
  ['now', 'timestamptz', ({ now }) => now],
  ['answer', 'jsonb', ({ answer }) => JSON.stringify(answer)],
]

const authorizationColumns: readonly EntryColumn<FirstCall>[] = [
  ...commonColumns,
  ['token', 'text', ({ entry }) => entry.token],
  ['amount', 'integer', ({ entry }) => entry.amount],
  ['currency', 'text', ({ entry }) => entry.currency],
  ['status', 'text', ({ entry }) => entry.status],
  ['decline_code', 'text', ({ entry }) => entry.decline_code],
  ['decline_message', 'text', ({ entry }) => entry.decline_message],
  ['return_url', 'text', ({ entry }) => entry.return_url],
  ['authorized_until', 'timestamptz', ({ entry }) => entry.authorized_until],
]

const captureColumns: readonly EntryColumn<FirstCall>[] = [
  ...commonColumns,
  ['captured_amount', 'integer', ({ entry }) => entry.captured_amount],
]

/** The calls that were made, by their numbers from 1 on. */
type Made = Promise<ReadonlySet<number>>

/** Makes first authorizations, which authorize or decline. In a cluster, all of them are of one merchant. */
export async function authorizeFirst(db: Db, calls: readonly FirstCall[]): Made {
  return await inLockedBooks(db, calls, (tx, locked) => {
    const at = nodeOf(tx, calls)
    return sql<{ n: number }>`
      with request as materialized (
        select * from ${entryRows(authorizationColumns, calls)} where n = any(${locked}::integer[])
      ), fresh as materialized (
        select r.* from request r
        where not exists (select from sandbox_payments p
            where p.merchant_id = r.merchant_id and p.payment_id = r.payment_id ${at('p')})
          and not exists (select from sandbox_planned_failures f
            where f.merchant_id = r.merchant_id ${at('f')})
          and not exists (select from sandbox_faults d
            where d.merchant_id = r.merchant_id and d.payment_id = r.payment_id
              and d.operation = 'authorize' and d.token = ${plannedFaultToken} ${at('d')})
          and ${isNewKey(at)}
      ), authorized as (
        insert into sandbox_payments (merchant_id, payment_id, reference, token, amount, currency,
          status, decline_code, decline_message, return_url, authorized_until)
        select merchant_id, payment_id, reference, token, amount, currency, status, decline_code,
          decline_message, return_url, authorized_until
        from fresh order by merchant_id, payment_id
      ), moved as (
        insert into sandbox_movements (merchant_id, payment_id, kind, amount, idempotency_key, moved_at)
        select merchant_id, payment_id, 'authorize', amount, idempotency_key, now
        from fresh where status = 'authorized' order by n
      ), ${answered(sql`fresh`)}
      select n::integer from fresh`
  })
}

/** Captures authorized payments. In a cluster, all of them are of one merchant. */
export async function captureFirst(db: Db, calls: readonly FirstCall[]): Made {
  return await inLockedBooks(db, calls, (tx, locked) => {
    const at = nodeOf(tx, calls)
    return sql<{ n: number }>`
      with request as materialized (
        select * from ${entryRows(captureColumns, calls)} where n = any(${locked}::integer[])
      ), fresh as materialized (
        select r.* from request r join sandbox_payments p
          on p.merchant_id = r.merchant_id and p.payment_id = r.payment_id ${at('p')}
        where p.status = 'authorized' and p.reference = r.reference
          and p.token = any(${plainTokens}::text[]) and p.amount >= r.captured_amount
          and (p.authorized_until is null or p.authorized_until > r.now)
          and ${isNewKey(at)}
      ), captured as (
        update sandbox_payments p
        set status = 'captured', captured_at = f.now, captured_amount = f.captured_amount
        from fresh f
        where p.merchant_id = f.merchant_id and p.payment_id = f.payment_id ${at('p')}
      ), moved as (
        insert into sandbox_movements (merchant_id, payment_id, kind, amount, idempotency_key, moved_at)
        select merchant_id, payment_id, 'capture', captured_amount, idempotency_key, now
        from fresh order by n
      ), ${answered(sql`fresh`)}
      select n::integer from fresh`
  })
}

/**
 * Runs a statement on the calls whose payments no other call has locked. The locks come by a statement before it, so
 * that it sees what their last owners have written.
 */
async function inLockedBooks(
  db: Db,
  calls: readonly FirstCall[],
  statement: (tx: Db, locked: readonly number[]) => RawBuilder<{ n: number }>,
): Made {
  return await db.transaction().execute(async (tx) => {
    const names = calls.map(({ entry }) => bookName(entry.merchant_id, entry.payment_id))
    const { rows: locked } = await sql<{ n: number }>`
      select n::integer from unnest(${names}::text[]) with ordinality as r (name, n)
      where pg_try_advisory_xact_lock(hashtextextended(name, 0))`.execute(tx)
    if (locked.length === 0) return new Set<number>()
    const { rows } = await statement(
      tx,
      locked.map(({ n }) => n),
    ).execute(tx)
    return new Set(rows.map(({ n }) => n))
  })
}

type At = (name: string) => RawBuilder<unknown>

/** In a cluster, names the merchant as a value, so that the statement runs on the node of its rows. */
function nodeOf(db: Db, calls: readonly FirstCall[]): At {
  const merchantId = calls[0]?.entry.merchant_id
  if (!isCluster(db)) return () => sql``
  return (name) => sql`and ${sql.ref(`${name}.merchant_id`)} = ${merchantId}`
}

const isNewKey = (at: At) => sql`not exists (select from sandbox_answers a
            where a.merchant_id = r.merchant_id and a.idempotency_key = r.idempotency_key ${at('a')})`

const answered = (fresh: RawBuilder<unknown>) => sql`answered as (
        insert into sandbox_answers (merchant_id, idempotency_key, answer)
        select merchant_id, idempotency_key, answer from ${fresh}
        order by merchant_id, idempotency_key
      )`
