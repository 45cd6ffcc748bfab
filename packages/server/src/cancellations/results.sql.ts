import type { CancellationOutcome } from '@hedgepayments/contract'
import { sql } from 'kysely'
import type { Db } from '../database/db.ts'
import type { CancellationRow, PaymentRow } from '../database/schema.ts'

/** Whether a payment is an item of a cancellation. */
export async function hasItem(
  db: Db,
  { row, paymentId }: { row: CancellationRow; paymentId: string },
): Promise<boolean> {
  const { rows } = await sql`
    select 1 from cancellation_items
    where ${itemsOf(row)} and payment_id = ${paymentId}`.execute(db)
  return rows.length > 0
}

/** The result of a cancellation for one payment. */
export interface ResultRow {
  payment_id: string
  outcome: CancellationOutcome
  current_status: PaymentRow['status'] | null
}

/** Reads a page of the results so far, in the order of the payments' ids. */
export async function listResults(
  db: Db,
  request: {
    row: CancellationRow
    after: string
    outcome: CancellationOutcome | null
    limit: number
  },
): Promise<{ rows: ResultRow[]; hasMore: boolean }> {
  const { row, limit, outcome } = request
  // The items without an outcome were canceled. The others have an index by outcome.
  const isWanted = {
    canceled: sql`and outcome is null`,
    refused: sql`and outcome = 'refused'`,
    not_found: sql`and outcome = 'not_found'`,
  }
  const { rows } = await sql<ResultRow>`
    select payment_id, coalesce(outcome, 'canceled') as outcome,
      coalesce(current_status, case when outcome is null then 'canceled' end) as current_status
    from cancellation_items
    where ${itemsOf(row)} and payment_id > ${request.after}
      and payment_id <= ${row.processed_through} ${outcome ? isWanted[outcome] : sql``}
    order by payment_id limit ${limit + 1}`.execute(db)
  return { rows: rows.slice(0, limit), hasMore: rows.length > limit }
}

/** A condition on the items of a cancellation. */
function itemsOf({ merchant_id, livemode, id }: CancellationRow) {
  return sql`merchant_id = ${merchant_id} and livemode = ${livemode} and cancellation_id = ${id}`
}
