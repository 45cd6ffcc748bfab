import { groupBy } from '@hedgepayments/contract'
import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { RefundRow } from '../../database/schema.ts'
import type { Account } from '../../domain/account.ts'

/** Refunds of one payment, oldest first. */
export async function findRefunds(
  db: Db,
  { account, paymentId }: { account: Account; paymentId: string },
): Promise<RefundRow[]> {
  const found = await findRefundsOf(db, { account, paymentIds: [paymentId] })
  return found.get(paymentId) ?? []
}

/** Refunds of several payments by the payment's id, oldest first. No ids: no statement. */
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
  return groupBy(rows, (row) => row.payment_id)
}
