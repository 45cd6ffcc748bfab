import type { PaymentFilter } from '@hedgepayments/contract'
import { type SqlBool, sql } from 'kysely'
import { onNode } from '../../database/cluster/cluster.ts'
import { createdWithin } from '../../database/created-within.ts'
import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { type Account, accountOf } from '../../domain/account.ts'
import { needsAttention } from './attention.sql.ts'
import { foldedEmail } from './sources.sql.ts'

/** Finds a payment by its id, without a lock. `undefined`: not found in this merchant and mode. */
export async function findPayment(
  db: Db,
  { account, id }: { account: Account; id: string },
): Promise<PaymentRow | undefined> {
  const { rows } = await sql<PaymentRow>`
    select * from payments
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
      and id = ${id}`.execute(db)
  return rows[0]
}

/** The key of a payment, in the columns of a row that belongs to it. */
type Belonging = {
  readonly merchant_id: string
  readonly livemode: boolean
  readonly payment_id: string
}

/**
 * Finds many payments in one statement, by rows that belong to them. In a cluster, all of them have the same
 * merchant and mode.
 *
 * @returns the payments in the order of the rows; `undefined` where there is none.
 */
export async function findPayments(
  db: Db,
  of: readonly Belonging[],
): Promise<(PaymentRow | undefined)[]> {
  const [first] = of
  if (!first) return []
  // LATERAL does one look-up by the key for each, whatever statistics the planner has.
  const { rows } = await sql<PaymentRow & { n: number }>`
    select r.n::integer as n, p.*
    from unnest(${of.map((row) => row.merchant_id)}::text[],
        ${of.map((row) => row.livemode)}::boolean[], ${of.map((row) => row.payment_id)}::text[])
        with ordinality as r (merchant_id, livemode, id, n)
      cross join lateral (
        select * from payments p
        where p.merchant_id = r.merchant_id and p.livemode = r.livemode and p.id = r.id
          ${onNode(db, 'p', accountOf(first))}
        limit 1
      ) p`.execute(db)
  const found = new Array<PaymentRow | undefined>(of.length)
  for (const { n, ...row } of rows) found[n - 1] = row
  return found
}

/** The condition of a filter on the payments of an account, for lists and for bulk cancellations. */
export function matches(account: Account, filter: PaymentFilter) {
  const conditions = [sql<SqlBool>`true`]
  if (filter.status) conditions.push(sql`payments.status = any(${filter.status}::text[])`)
  if (filter.customer_email !== undefined) {
    conditions.push(
      sql`${foldedEmail(sql`payments.customer_email`)} = ${foldedEmail(sql`${filter.customer_email}::text`)}`,
    )
  }
  if (filter.customer_id !== undefined) {
    conditions.push(sql`payments.customer_id = ${filter.customer_id}`)
  }
  if (filter.checkout_session_id !== undefined) {
    conditions.push(sql`payments.checkout_session_id = ${filter.checkout_session_id}`)
  }
  if (filter.last4 !== undefined) {
    // The second condition makes the partial index usable.
    conditions.push(sql`(payments.payment_method_details ->> 'last4') collate "C" = ${filter.last4}
      and payments.payment_method_details is not null`)
  }
  if (filter.amount !== undefined) conditions.push(sql`payments.amount = ${filter.amount}`)
  if (filter.metadata && Object.keys(filter.metadata).length > 0) {
    const wanted = JSON.stringify(filter.metadata)
    // The first condition implies the second, which makes the partial index usable.
    conditions.push(sql`payments.metadata @> ${wanted}::jsonb and payments.metadata <> '{}'::jsonb`)
  }
  if (filter.needs_attention !== undefined) {
    const needs = needsAttention(account)
    conditions.push(filter.needs_attention ? needs : sql<SqlBool>`not ${needs}`)
  }
  conditions.push(...createdWithin('payments.created_at', filter.created_at))
  return sql<SqlBool>`${sql.join(conditions, sql` and `)}`
}
