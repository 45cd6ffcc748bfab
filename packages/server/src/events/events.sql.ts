import { sql } from 'kysely'
import type { Db } from '../database/db.ts'
import type { EventRow, PaymentRow } from '../database/schema.ts'
import type { Account } from '../domain/account.ts'
import type { Page } from '../http/request/pagination.ts'

/** Events of one payment, newest first, by their sequence. */
export async function listPaymentEvents(
  db: Db,
  { account, paymentId, page }: { account: Account; paymentId: string; page: SequencePage },
): Promise<{ rows: EventRow[]; hasMore: boolean }> {
  const descending = page.before === null
  const { rows } = await sql<EventRow>`
    select * from events
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
      and subject_id = ${paymentId}
      and sequence < ${page.after ?? sequenceMax} and sequence > ${page.before ?? 0}
    order by sequence ${descending ? sql`desc` : sql`asc`}
    limit ${page.limit + 1}`.execute(db)
  const kept = rows.slice(0, page.limit)
  return { rows: descending ? kept : kept.reverse(), hasMore: rows.length > page.limit }
}

/** A page within one payment's events, by sequence. */
export interface SequencePage extends Omit<Page, 'after' | 'before'> {
  readonly after: number | null
  readonly before: number | null
}

const sequenceMax = 2_147_483_647

/** Payments by id, for rendering their events. */
export async function findPayments(
  db: Db,
  { account, ids }: { account: Account; ids: readonly string[] },
): Promise<Map<string, PaymentRow>> {
  const { rows } = await sql<PaymentRow>`
    select * from payments
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
      and id = any(${ids}::text[])`.execute(db)
  return new Map(rows.map((row) => [row.id, row]))
}

/** Finds the event with this sequence of any of these subjects. */
export async function findEvent(
  db: Db,
  key: { account: Account; subjectIds: readonly string[]; sequence: number },
): Promise<EventRow | undefined> {
  const { rows } = await sql<EventRow>`
    select * from events
    where merchant_id = ${key.account.merchantId} and livemode = ${key.account.livemode}
      and subject_id = any(${key.subjectIds}::text[]) and sequence = ${key.sequence}`.execute(db)
  return rows[0]
}

/** Events at these positions, in the order of the positions. */
export async function findEventsAt(db: Db, positions: readonly string[]): Promise<EventRow[]> {
  const { rows } = await sql<EventRow>`
    select * from events where position = any(${positions}::bigint[])
    order by position`.execute(db)
  return rows
}
