import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { RefundRow, Schema } from '../../database/schema.ts'
import type { Timestamp } from '../../domain/time.ts'

type Db = Kysely<Schema>

export async function insertRefund(db: Db, row: RefundRow): Promise<void> {
  await db
    .insertInto('refunds')
    .values({ ...row, metadata: sql`${JSON.stringify(row.metadata)}::jsonb` })
    .execute()
}

/**
 * Counts a call for a refund, on disk before the first byte is sent.
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

/** Writes the processor's answer to a pending refund. `false`: it has an answer already. */
export async function answerRefund(
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

/** Writes that a paid refund came back to the processor. `false`: it is not paid any more. */
export async function returnRefund(
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
