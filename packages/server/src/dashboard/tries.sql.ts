import { sql } from 'kysely'
import type { Db } from '../database/db.ts'
import type { PaymentRow } from '../database/schema.ts'
import type { Account } from '../domain/account.ts'

/** One of the payments that a customer has tried on one payment page. */
type TryRow = Pick<
  PaymentRow,
  'id' | 'status' | 'amount' | 'currency' | 'failure_code' | 'created_at'
>

/** More than a page accepts. */
const triesMax = 100

/**
 * Reads all tries on the page of a payment, oldest first: the payment that its link names and the
 * retries, or all payments of its session. Each branch uses an index.
 */
export async function readTries(db: Db, account: Account, id: string): Promise<TryRow[]> {
  const { merchantId, livemode } = account
  const { rows } = await sql<TryRow>`
    with given as (
      select coalesce(retry_of, id) as first_id, checkout_session_id from payments
      where merchant_id = ${merchantId} and livemode = ${livemode} and id = ${id}
    ), tries as (
      select p.id from payments p, given
      where p.merchant_id = ${merchantId} and p.livemode = ${livemode} and p.id = given.first_id
      union
      select p.id from payments p, given
      where p.merchant_id = ${merchantId} and p.livemode = ${livemode}
        and p.retry_of = given.first_id
      union
      select p.id from payments p, given
      where p.merchant_id = ${merchantId} and p.livemode = ${livemode}
        and p.checkout_session_id = given.checkout_session_id
    )
    select id, status, amount, currency, failure_code, created_at from payments
    where merchant_id = ${merchantId} and livemode = ${livemode}
      and id in (select id from tries)
    order by id limit ${triesMax}`.execute(db)
  return rows
}
