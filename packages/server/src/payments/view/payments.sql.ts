import type { PaymentFilter } from '@hedgepayments/contract'
import { type SqlBool, sql } from 'kysely'
import { createdWithin } from '../../database/created-within.ts'
import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import type { Account } from '../../domain/account.ts'
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
