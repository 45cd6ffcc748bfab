import type { DisputeFilter } from '@hedgepayments/contract'
import { sql } from 'kysely'
import { createdWithin } from '../database/created-within.ts'
import type { Db } from '../database/db.ts'
import type { DisputeRow } from '../database/money-rows.ts'
import type { PaymentRow } from '../database/schema.ts'
import type { Account } from '../domain/account.ts'
import type { FencedPage } from '../http/request/pagination.ts'
import {
  allRows,
  ofAccount,
  type ScannedPage,
  type Source,
  scanPage,
  whole,
} from '../lists/scan.sql.ts'

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
): Promise<ScannedPage<DisputeRow>> {
  const conditions = createdWithin('created_at', filter.created_at)
  if (filter.payment !== undefined) conditions.push(sql`payment_id = ${filter.payment}`)
  if (filter.status) conditions.push(sql`status = any(${filter.status}::text[])`)
  const source =
    filter.payment === undefined ? allRows('disputes', account) : ofPayment(account, filter.payment)
  return await scanPage<DisputeRow>(db, { source, page, read: whole(conditions) })
}

/** The few disputes of a payment, by their unique index. */
function ofPayment(account: Account, paymentId: string): Source {
  return {
    isWhole: true,
    rows: ({ above, below, descending, limit }) => sql`
      select * from (
        select * from disputes where ${ofAccount(account)}
          and (payment_id, processor_reference) >= (${paymentId}, '') and payment_id <= ${paymentId}
        order by payment_id, processor_reference limit ${limit}
      ) d where id > ${above} and id < ${below}
      order by id ${descending ? sql`desc` : sql`asc`}`,
  }
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
