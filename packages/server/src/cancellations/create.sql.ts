import type { PaymentFilter } from '@hedgepayments/contract'
import { sql } from 'kysely'
import type { Db } from '../database/db.ts'
import type { CancellationRow } from '../database/schema.ts'
import type { Account } from '../domain/account.ts'
import { lockLimit } from '../merchants/merchants.sql.ts'
import type { StatusCount } from '../payments/view/list-payments.sql.ts'

/** Inserts a cancellation. The worker finds it by its status. */
export async function insertCancellation(db: Db, row: CancellationRow): Promise<void> {
  await db
    .insertInto('cancellations')
    .values({
      ...row,
      filter: row.filter && (JSON.stringify(row.filter) as unknown as PaymentFilter),
    })
    .execute()
}

/**
 * Whether the merchant has fewer than `max` open cancellations in this mode. Locks this limit until the
 * transaction ends, so that concurrent requests cannot exceed the maximum together. A paused cancellation is not open: resuming it counts it again.
 */
export async function isBelowOpenMax(
  tx: Db,
  { account, max }: { account: Account; max: number },
): Promise<boolean> {
  await lockLimit(tx, { account, of: 'open bulk cancellations' })
  // The partial index has open cancellations only, so this does not read completed ones.
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from cancellations
    where status in ('pending', 'running')
      and merchant_id = ${account.merchantId} and livemode = ${account.livemode}`.execute(tx)
  return (rows[0]?.count ?? 0) < max
}

/** Inserts the items of a cancellation that lists its payments. */
export async function insertItems(
  db: Db,
  { row, paymentIds }: { row: CancellationRow; paymentIds: readonly string[] },
): Promise<void> {
  await sql`
    insert into cancellation_items (merchant_id, livemode, cancellation_id, payment_id)
    select ${row.merchant_id}, ${row.livemode}::boolean, ${row.id}, id
    from unnest(${paymentIds}::text[]) as id`.execute(db)
}

/** Counts the payments with these ids, by status. */
export async function countByIds(
  db: Db,
  { account, ids }: { account: Account; ids: readonly string[] },
): Promise<StatusCount[]> {
  const { rows } = await sql<StatusCount>`
    select status, count(*)::integer as count from payments
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
      and id = any(${ids}::text[])
    group by status`.execute(db)
  return rows
}
