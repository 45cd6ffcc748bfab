import { sql } from 'kysely'
import type { Tx } from '../database/db.ts'
import type { EventRow } from '../database/schema.ts'
import type { Account } from '../domain/account.ts'
import { testSubjectPrefix } from '../events/event-id.ts'
import { assignments, hasPersonalData } from './columns.ts'
import { type Changed, type Customer, countOf, folded, inAccount, isOf } from './customer.sql.ts'
import { eraseTexts } from './erased-texts.ts'

/** A part of a table that was read: which rows are of the customer, and where the next part begins. */
export interface Part {
  readonly ids: readonly string[]
  /** `null`: it was the last part. */
  readonly next: string | null
}

/**
 * Finds the ended sessions of the customer among the next ones of the account, without those that were erased
 * with their payments. No index has the customers of sessions.
 */
export async function findNextSessions(
  tx: Tx,
  { customer, after, limit }: { customer: Customer; after: string; limit: number },
): Promise<Part> {
  const { rows } = await sql<{ id: string; isOf: boolean }>`
    select s.id, s.status <> 'open' and coalesce(${isOf('s', customer)}, false)
      and not exists (select from payments p where ${inAccount('p', customer.account)}
        and p.checkout_session_id = s.id and ${isOf('p', customer)}) as "isOf"
    from checkout_sessions s
    where ${inAccount('s', customer.account)} and s.id > ${after}
    order by s.id limit ${limit}`.execute(tx)
  return {
    ids: rows.filter(({ isOf: isTheirs }) => isTheirs).map(({ id }) => id),
    next: rows.length === limit ? (rows.at(-1)?.id ?? null) : null,
  }
}

/** Erases the personal data of ended sessions and of their events. */
export async function eraseSessions(
  tx: Tx,
  { account, ids }: { account: Account; ids: readonly string[] },
): Promise<Changed> {
  if (ids.length === 0) return {}
  const sessions = await sql`
    update checkout_sessions t set ${assignments('checkout_sessions')}
    where ${inAccount('t', account)} and t.id = any(${ids}::text[]) and t.status <> 'open'
      and ${hasPersonalData('checkout_sessions')}`.execute(tx)
  const { rows: events } = await sql<EventKey>`
    select subject_id, sequence, state from events t
    where ${inAccount('t', account)} and t.subject_id = any(${ids}::text[])
    order by subject_id, sequence`.execute(tx)
  return {
    checkout_sessions: countOf(sessions),
    events: await eraseEventData(tx, { account, events }),
  }
}

type EventKey = Pick<EventRow, 'subject_id' | 'sequence' | 'state'>

/** Behind every subject of a test event. */
const afterTestSubjects = `${testSubjectPrefix}~`

/** Erases the payments of the customer in the next test events. Each has the payment as it was then. */
export async function eraseTestEvents(
  tx: Tx,
  { customer, after, limit }: { customer: Customer; after: string; limit: number },
): Promise<{ events: number; ids: readonly string[]; next: string | null }> {
  const { account, identifiers } = customer
  const { rows } = await sql<EventKey & { isOf: boolean }>`
    select subject_id, sequence, state, coalesce(
      lower(state #>> '{data,customer_email}') = any(${identifiers.map(folded)}::text[])
      or state #>> '{data,customer_id}' = any(${identifiers}::text[])
      or state #>> '{data,id}' = any(${identifiers}::text[]), false) as "isOf"
    from events t
    where ${inAccount('t', account)} and subject_id > ${after || testSubjectPrefix}
      and subject_id < ${afterTestSubjects}
    order by subject_id, sequence limit ${limit}`.execute(tx)
  const events = rows.filter(({ isOf: isTheirs }) => isTheirs)
  return {
    events: await eraseEventData(tx, { account, events }),
    ids: events.map((event) => event.subject_id),
    next: rows.length === limit ? (rows.at(-1)?.subject_id ?? null) : null,
  }
}

/** Erases the objects of events that have their whole data. Returns how many were changed. */
async function eraseEventData(
  tx: Tx,
  { account, events }: { account: Account; events: readonly EventKey[] },
): Promise<number> {
  let changed = 0
  for (const { subject_id: subject, sequence, state } of events) {
    if (state === null) continue
    const erased = JSON.stringify({ ...state, data: eraseTexts(state.data) })
    const result = await sql`
      update events t set reason = null, state = ${erased}::jsonb
      where ${inAccount('t', account)} and subject_id = ${subject} and sequence = ${sequence}
        and state is distinct from ${erased}::jsonb`.execute(tx)
    changed += countOf(result)
  }
  return changed
}
