import { erasedEmail, idPrefixes } from '@hedgepayments/contract'
import { sql } from 'kysely'
import type { Tx } from '../database/db.ts'
import { type Customer, countOf, folded, inAccount, isOf } from './customer.sql.ts'
import { eraseAnswer } from './erased-texts.ts'

/** An id in the text of an answer. */
const idPattern = `(?:${idPrefixes.payment}|${idPrefixes.checkoutSession})[0-9a-z]+`

/**
 * Erases the stored answers to requests about the customer, among the next records of idempotency keys. An
 * answer names the customer, or a payment or session of the customer that was erased before. A repeated
 * request then gets the erased answer. No index has the payments of answers, so all records of the
 * account are read: those of a day, and of open payments.
 */
export async function eraseAnswers(
  tx: Tx,
  { customer, after, limit }: { customer: Customer; after: string; limit: number },
): Promise<{ changed: number; next: string | null }> {
  const { account } = customer
  const { rows } = await sql<{
    read: number
    last: string | null
    found: { key: string; body: string | null }[]
  }>`
    with page as materialized (
      select r.key, r.body, r.payment_id, r.reason from idempotency_records r
      where ${inAccount('r', account)} and r.key > ${after}
      order by r.key limit ${limit}
    ), theirs as (
      select key, body from page
      where ${namesCustomer(customer)}
        or (body is not null or reason is not null) and exists (
          select from (
            select payment_id as id union all
            select m[1] from regexp_matches(body, ${`(${idPattern})`}, 'g') m
          ) named where ${isErased(customer)})
    )
    select (select count(*)::integer from page) as read,
      (select key from page order by key desc limit 1) as last,
      coalesce((select json_agg(json_build_object('key', key, 'body', body)) from theirs), '[]')
        as found`.execute(tx)
  const [page] = rows
  let changed = 0
  for (const record of page?.found ?? []) changed += await eraseRecord(tx, customer, record)
  return { changed, next: page?.read === limit ? page.last : null }
}

/** Whether the text of an answer names the customer. Answers are JSON without blanks. */
function namesCustomer({ identifiers }: Customer) {
  const quoted = (text: string) => JSON.stringify(text)
  const addresses = identifiers.map((text) => `"customer_email":${quoted(folded(text))}`)
  const ids = identifiers.map((text) => `"customer_id":${quoted(text)}`)
  return sql<boolean>`body is not null and (
        exists (select from unnest(${addresses}::text[]) wanted
          where strpos(lower(body collate "C"), wanted) > 0)
        or exists (select from unnest(${ids}::text[]) wanted where strpos(body, wanted) > 0))`
}

/** Whether an id `named` is that of a payment or session that was erased, or that is the customer's. */
function isErased(customer: Customer) {
  const { account } = customer
  return sql<boolean>`exists (select from payments p where ${inAccount('p', account)}
            and p.id = named.id and (p.customer_email = ${erasedEmail} or ${isOf('p', customer)}))
          or exists (select from checkout_sessions s where ${inAccount('s', account)}
            and s.id = named.id and (s.customer_email = ${erasedEmail} or ${isOf('s', customer)}))`
}

async function eraseRecord(
  tx: Tx,
  { account }: Customer,
  { key, body }: { key: string; body: string | null },
): Promise<number> {
  const erased = body === null ? null : eraseAnswer(body)
  const result = await sql`
    update idempotency_records t set body = ${erased}, reason = null
    where ${inAccount('t', account)} and key = ${key} and body is not distinct from ${body}
      and (body is distinct from ${erased} or reason is not null)`.execute(tx)
  return countOf(result)
}
