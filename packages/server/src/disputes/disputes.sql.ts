import type { DisputeFilter } from '@hedgepayments/contract'
import { type SqlBool, sql } from 'kysely'
import { createdWithin } from '../database/created-within.ts'
import type { Db } from '../database/db.ts'
import type { DisputeRow } from '../database/money-rows.ts'
import type { PaymentRow } from '../database/schema.ts'
import type { Account } from '../domain/account.ts'
import { type FencedPage, pageOf } from '../http/request/pagination.ts'

/** Finds a dispute by its id. `undefined`: not found in this merchant and mode. */
export async function findDispute(
  db: Db,
  { account, id }: { account: Account; id: string },
): Promise<DisputeRow | undefined> {
  const { rows } = await sql<DisputeRow>`
    select * from disputes
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
      and id = ${id}`.execute(db)
  return rows[0]
}

/** A page of disputes, newest first. */
export async function listDisputes(
  db: Db,
  { account, filter, page }: { account: Account; filter: DisputeFilter; page: FencedPage },
): Promise<{ rows: DisputeRow[]; hasMore: boolean }> {
  const conditions = [sql<SqlBool>`true`, ...createdWithin('created_at', filter.created_at)]
  if (filter.payment !== undefined) conditions.push(sql`payment_id = ${filter.payment}`)
  if (filter.status) conditions.push(sql`status = any(${filter.status}::text[])`)
  const query = db
    .selectFrom('disputes')
    .selectAll()
    .where('merchant_id', '=', account.merchantId)
    .where('livemode', '=', account.livemode)
    .where(sql<SqlBool>`${sql.join(conditions, sql` and `)}`)
  return await pageOf(query, 'id', page)
}

/** All disputes of a payment. Lock the payment before to change them. */
export async function findDisputesOf(db: Db, row: PaymentRow): Promise<DisputeRow[]> {
  const { rows } = await sql<DisputeRow>`
    select * from disputes
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and payment_id = ${row.id}
    order by id`.execute(db)
  return rows
}

/** Inserts a dispute of a payment. */
export async function insertDispute(tx: Db, dispute: DisputeRow): Promise<void> {
  await tx.insertInto('disputes').values(dispute).execute()
}

/** Stores the columns of a dispute that may change. */
export async function updateDispute(tx: Db, dispute: DisputeRow): Promise<void> {
  await sql`
    update disputes
    set amount = ${dispute.amount}, withdrawn_amount = ${dispute.withdrawn_amount},
      fee = ${dispute.fee}, status = ${dispute.status},
      reason = ${dispute.reason}, evidence_due_by = ${dispute.evidence_due_by}::timestamptz,
      processor_url = ${dispute.processor_url}, updated_at = ${dispute.updated_at}::timestamptz
    where merchant_id = ${dispute.merchant_id} and livemode = ${dispute.livemode}
      and id = ${dispute.id}`.execute(tx)
}
