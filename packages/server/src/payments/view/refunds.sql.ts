import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { RefundRow, Schema } from '../../database/schema.ts'
import type { Account } from '../../domain/account.ts'
import type { Timestamp } from '../../domain/time.ts'

type Db = Kysely<Schema>

export async function insertRefund(db: Db, row: RefundRow): Promise<void> {
  await db
    .insertInto('refunds')
    .values({ ...row, metadata: sql`${JSON.stringify(row.metadata)}::jsonb` })
    .execute()
}

/** Refunds of one payment, oldest first. */
export async function findRefunds(
  db: Db,
  { account, paymentId }: { account: Account; paymentId: string },
): Promise<RefundRow[]> {
  const found = await findRefundsOf(db, { account, paymentIds: [paymentId] })
  return found.get(paymentId) ?? []
}

/** Refunds of several payments, oldest first, by the payment's id. Asks nothing for nothing. */
export async function findRefundsOf(
  db: Db,
  { account, paymentIds }: { account: Account; paymentIds: readonly string[] },
): Promise<Map<string, RefundRow[]>> {
  if (paymentIds.length === 0) return new Map()
  const { rows } = await sql<RefundRow>`
    select * from refunds
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
      and payment_id = any(${paymentIds}::text[])
    order by payment_id, requested_sequence`.execute(db)
  return Map.groupBy(rows, (row) => row.payment_id)
}

/**
 * Records that the refund is about to be sent: on disk before the first byte. `held` selects a row
 * while the caller may send it. Returns `false` where it may not.
 */
export async function countRefundAttempt(
  db: Db,
  refund: RefundRow,
  held: RawBuilder<unknown>,
): Promise<boolean> {
  const { rows } = await sql`
    with held as materialized (${held})
    update refunds set attempts = attempts + 1
    where merchant_id = ${refund.merchant_id} and livemode = ${refund.livemode}
      and payment_id = ${refund.payment_id} and id = ${refund.id}
      and exists (select from held)
    returning id`.execute(db)
  return rows.length > 0
}

/** The processor's answer to a refund. `false`: it has been answered already. */
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

/** The processor could not pay out a refund that it had said was paid. `false`: it is known. */
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
