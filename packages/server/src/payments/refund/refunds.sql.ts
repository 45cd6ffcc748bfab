import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { RefundRow } from '../../database/schema.ts'
import type { Timestamp } from '../../domain/time.ts'

/** Inserts a refund of a payment. */
export async function insertRefund(db: Db, row: RefundRow): Promise<void> {
  await db
    .insertInto('refunds')
    .values({ ...row, metadata: sql`${JSON.stringify(row.metadata)}::jsonb` })
    .execute()
}

/**
 * Counts a call for a refund. Call this before the call, so that a crash cannot hide it.
 *
 * @param claimed a query that returns a row while the caller may send the refund.
 * @returns `false` where the caller may not send it.
 */
export async function countRefundAttempt(
  db: Db,
  refund: RefundRow,
  claimed: RawBuilder<unknown>,
): Promise<boolean> {
  const { rows } = await sql`
    with claimed as materialized (${claimed})
    update refunds set attempts = attempts + 1
    where merchant_id = ${refund.merchant_id} and livemode = ${refund.livemode}
      and payment_id = ${refund.payment_id} and id = ${refund.id}
      and exists (select from claimed)
    returning id`.execute(db)
  return rows.length > 0
}

/** Stores the processor's answer to a pending refund. `false`: the refund has an answer already. */
export async function storeRefundAnswer(
  db: Db,
  refund: RefundRow,
  given: {
    status: 'succeeded' | 'failed'
    failureCode: string | null
    failureMessage: string | null
    reference: string | null
    sequence: number
    at: Timestamp
  },
): Promise<boolean> {
  const { rows } = await sql`
    update refunds
    set status = ${given.status}, failure_code = ${given.failureCode},
      failure_message = ${given.failureMessage},
      processor_reference = coalesce(${given.reference}, processor_reference),
      answered_sequence = ${given.sequence}, updated_at = ${given.at}::timestamptz
    where merchant_id = ${refund.merchant_id} and livemode = ${refund.livemode}
      and payment_id = ${refund.payment_id} and id = ${refund.id} and status = 'pending'
    returning id`.execute(db)
  return rows.length > 0
}

/** Stores that a paid refund came back to the processor. `false`: that is stored already. */
export async function storeRefundReturn(
  db: Db,
  refund: RefundRow,
  given: { failureCode: string; failureMessage: string; sequence: number; at: Timestamp },
): Promise<boolean> {
  const { rows } = await sql`
    update refunds
    set status = 'failed', failure_code = ${given.failureCode},
      failure_message = ${given.failureMessage}, returned_sequence = ${given.sequence},
      updated_at = ${given.at}::timestamptz
    where merchant_id = ${refund.merchant_id} and livemode = ${refund.livemode}
      and payment_id = ${refund.payment_id} and id = ${refund.id} and status = 'succeeded'
    returning id`.execute(db)
  return rows.length > 0
}
