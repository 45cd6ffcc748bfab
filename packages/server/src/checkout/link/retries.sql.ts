import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'

type PaymentKey = Pick<PaymentRow, 'merchant_id' | 'livemode' | 'id'>

/** Reads the latest retry of a payment, and counts all of them. `null`: the payment has none. */
export async function findLatestRetry(
  db: Db,
  first: PaymentKey,
): Promise<{ latest: PaymentRow; count: number } | null> {
  const { rows } = await sql<PaymentRow & { retries: number }>`
    select p.*, (count(*) over ())::integer as retries from payments p
    where merchant_id = ${first.merchant_id} and livemode = ${first.livemode}
      and retry_of = ${first.id}
    order by id desc limit 1`.execute(db)
  const [found] = rows
  if (!found) return null
  const { retries, ...latest } = found
  return { latest, count: retries }
}

/** Whether the processor has authorized a payment, or accepted its account, as its calls show. */
export async function wasAuthorized(db: Db, payment: PaymentKey): Promise<boolean> {
  const { rows } = await sql`
    select from payment_attempts
    where merchant_id = ${payment.merchant_id} and livemode = ${payment.livemode}
      and payment_id = ${payment.id} and outcome in ('authorized', 'captured', 'accepted')
    limit 1`.execute(db)
  return rows.length > 0
}
