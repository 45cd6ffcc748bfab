import { erasedEmail, type PaymentStatus } from '@hedgepayments/contract'
import { type RawBuilder, sql } from 'kysely'
import type { Db, Tx } from '../database/db.ts'
import type { PaymentRow } from '../database/schema.ts'
import type { TaskKind } from '../database/task-rows.ts'
import type { Account } from '../domain/account.ts'
import { assignments, hasPersonalData } from './columns.ts'
import { type Changed, type Customer, countOf, folded, inAccount, isOf } from './customer.sql.ts'

/** Statuses before the end of a payment. */
const openStatuses: readonly PaymentStatus[] = ['pending', 'initiated', 'processing']

/** Tasks by which money still moves after the end. Others only read, or find that nothing is to be done. */
const movingTasks: readonly TaskKind[] = ['void', 'refund']

/** Why a payment `p` is still open, for people; null: it has ended. */
const openBecause = (account: Account): RawBuilder<string | null> => sql<string | null>`case
    when p.status = any(${openStatuses}::text[]) then p.status
    when exists (select from payment_tasks t where ${inAccount('t', account)}
      and t.payment_id = p.id and t.kind = any(${movingTasks}::text[]))
      then p.status || ', with a call to the processor to come'
    when exists (select from payment_attempts a where ${inAccount('a', account)}
      and a.payment_id = p.id and a.outcome is null)
      then p.status || ', with a call to the processor in progress'
    when exists (select from disputes d where ${inAccount('d', account)} and d.payment_id = p.id
      and d.status in ('needs_response', 'under_review')) then 'in dispute'
    when p.checkout_session_id is not null and exists (select from checkout_sessions s
      where ${inAccount('s', account)} and s.id = p.checkout_session_id and s.status = 'open')
      then p.status || ', in an open checkout session'
  end`

/** A payment of the customer. */
export type FoundPayment = Pick<
  PaymentRow,
  'id' | 'customer_email' | 'customer_id' | 'checkout_session_id' | 'processor'
> & {
  /** Why it is still open; `null`: it has ended. */
  readonly open_because: string | null
}

/** The next payments of the customer behind an id, locked in the order of their ids. */
export async function lockNextPayments(
  tx: Tx,
  { customer, after, limit }: { customer: Customer; after: string; limit: number },
): Promise<FoundPayment[]> {
  const { account } = customer
  const { rows: locked } = await sql<{ id: string }>`
    select p.id from payments p
    where ${inAccount('p', account)} and ${isOf('p', customer)} and p.id > ${after}
    order by p.id limit ${limit} for no key update of p`.execute(tx)
  const ids = locked.map(({ id }) => id)
  if (ids.length === 0) return []
  // A statement of its own: it sees the tasks and calls that were written while the lock was awaited.
  const { rows } = await sql<FoundPayment>`
    select p.id, p.customer_email, p.customer_id, p.checkout_session_id,
      case when p.processor_reference is not null then p.processor end as processor,
      ${openBecause(account)} as open_because
    from payments p
    where ${inAccount('p', account)} and p.id = any(${ids}::text[]) order by p.id`.execute(tx)
  return rows
}

/** A payment, checkout session or bulk cancellation of the customer that has not ended. */
export interface OpenObject {
  readonly id: string
  readonly state: string
}

/** The payments among the next ones of the customer that have not ended. They still need its data. */
export async function findNextOpenPayments(
  db: Db,
  { customer, after, limit }: { customer: Customer; after: string; limit: number },
): Promise<{ open: OpenObject[]; next: string | null }> {
  const { account } = customer
  const { rows } = await sql<{ id: string; state: string | null }>`
    select p.id, ${openBecause(account)} as state from payments p
    where ${inAccount('p', account)} and ${isOf('p', customer)} and p.id > ${after}
    order by p.id limit ${limit}`.execute(db)
  const open = rows.flatMap(({ id, state }) => (state === null ? [] : [{ id, state }]))
  return { open, next: rows.length === limit ? (rows.at(-1)?.id ?? null) : null }
}

/** The first checkout sessions and bulk cancellations of the customer that have not ended. */
export async function findOpenOthers(
  db: Db,
  { customer, limit }: { customer: Customer; limit: number },
): Promise<OpenObject[]> {
  const { account } = customer
  const { rows } = await sql<OpenObject>`
    select s.id, 'open' as state from checkout_sessions s
    where ${inAccount('s', account)} and s.status = 'open' and ${isOf('s', customer)}
    union all
    select c.id, c.status from cancellations c
    where ${inAccount('c', account)} and c.status <> 'completed' and ${isFilterOf(customer)}
    order by id limit ${limit}`.execute(db)
  return rows
}

/** Whether the filter of a cancellation `c` names the customer. */
const isFilterOf = ({ identifiers }: Customer) => sql<boolean>`(
  lower((c.filter ->> 'customer_email') collate "C")
    = any(${identifiers.map(folded)}::text[])
  or c.filter ->> 'customer_id' = any(${identifiers}::text[]))`

/** Erases the personal data of payments and of the rows that belong to them. Lock the payments first. */
export async function erasePayments(
  tx: Tx,
  { account, ids }: { account: Account; ids: readonly string[] },
): Promise<Changed> {
  if (ids.length === 0) return {}
  const ofPayments = sql`${inAccount('t', account)} and t.payment_id = any(${ids}::text[])`
  const acceptances = await sql`
    delete from mandate_acceptances t where ${ofPayments}`.execute(tx)
  const refunds = await sql`
    update refunds t set ${assignments('refunds')}
    where ${ofPayments} and ${hasPersonalData('refunds')}`.execute(tx)
  const attempts = await sql`
    update payment_attempts t set ${assignments('payment_attempts')}
    where ${ofPayments} and outcome is not null and ${hasPersonalData('payment_attempts')}`.execute(
    tx,
  )
  const events = await sql`
    update events t set reason = null, state = state - ${eventFields}::text[]
    where ${inAccount('t', account)} and t.subject_id = any(${ids}::text[])
      and (reason is not null or state ?| ${eventFields}::text[])`.execute(tx)
  const payments = await sql`
    update payments t set ${assignments('payments')}
    where ${inAccount('t', account)} and t.id = any(${ids}::text[])
      and ${hasPersonalData('payments')}`.execute(tx)
  return {
    payments: countOf(payments),
    refunds: countOf(refunds),
    payment_attempts: countOf(attempts),
    mandate_acceptances: countOf(acceptances),
    events: countOf(events),
  }
}

/** The fields of an event's state that may be personal data. None is sealed (`seals/rows.ts`). */
const eventFields = [
  'payment_method_details',
  'failure_message',
  'cancellation_reason',
  'next_action_url',
]

/** Erases what receivers have answered to the webhooks of payments or sessions. */
export async function eraseResponses(
  tx: Tx,
  { account, subjectIds }: { account: Account; subjectIds: readonly string[] },
): Promise<Changed> {
  if (subjectIds.length === 0) return {}
  const attempts = await sql`
    update webhook_attempts t set ${assignments('webhook_attempts')} from webhook_deliveries d
    where ${inAccount('t', account)} and ${inAccount('d', account)} and d.id = t.delivery_id
      and d.subject_id = any(${subjectIds}::text[])
      and ${hasPersonalData('webhook_attempts')}`.execute(tx)
  return { webhook_attempts: countOf(attempts) }
}

/** Erases the filters of completed bulk cancellations that name the customer. */
export async function eraseCancellations(tx: Tx, customer: Customer): Promise<Changed> {
  const { rows } = await sql`
    update cancellations c
    set reason = null,
      filter = c.filter - '{customer_id,last4,metadata}'::text[]
        || jsonb_build_object('customer_email', ${erasedEmail}::text)
    where ${inAccount('c', customer.account)} and c.status = 'completed' and ${isFilterOf(customer)}
    returning 1`.execute(tx)
  return { cancellations: rows.length }
}
