import type { EventListQuery, EventType } from '@hedgepayments/contract'
import { type RawBuilder, sql } from 'kysely'
import { createdWithin, isBounded } from '../database/created-within.ts'
import type { Db } from '../database/db.ts'
import type { EventRow } from '../database/schema.ts'
import type { Account } from '../domain/account.ts'
import { readHours } from '../lists/hours.sql.ts'
import { ofAccount, scannedMax } from '../lists/scan.sql.ts'

export type EventFilter = Pick<EventListQuery, 'type' | 'payment_id' | 'created'>

/** A part of the events of an account, between two positions. */
interface EventsRequest {
  readonly account: Account
  readonly filter: EventFilter
  /** Exclusive; `null` for no bound. */
  readonly after: string | null
  /** Exclusive; `null` for no bound. */
  readonly before: string | null
  /** Inclusive. */
  readonly through: string
  readonly order: 'newest first' | 'oldest first'
  readonly limit: number
}

/** Events in the order of the request, and how far they were searched. */
export interface FoundEvents {
  readonly rows: EventRow[]
  /** The last event that was read, where the search has ended before the limit and before the end. */
  readonly lastRead: Pick<EventRow, 'position' | 'subject_id' | 'sequence'> | null
}

/** Events of an account that match a filter, by position. Reads some ten thousand events at most. */
export async function listEvents(db: Db, request: EventsRequest): Promise<FoundEvents> {
  const { account, filter, limit } = request
  const range = await boundedRange(db, request)
  if (!range) return { rows: [], lastRead: null }
  const source = sourceOf(account, filter)
  const direction = directionOf(range)
  const conditions = [sql`true`, ...createdWithin('created_at', filter.created)]
  if (filter.type) conditions.push(sql`type = any(${filter.type}::text[])`)
  if (filter.payment_id !== undefined) conditions.push(sql`subject_id = ${filter.payment_id}`)
  const { rows } = await sql<EventRow>`
    select c.* from (${source.rows(range)}) c where ${sql.join(conditions, sql` and `)}
    order by c.position ${direction} limit ${limit}`.execute(db)
  if (rows.length === limit) return { rows, lastRead: null }
  const read = await sql<EventRow>`
    select c.position, c.subject_id, c.sequence from (${source.rows(range)}) c
    order by c.position ${direction} offset ${source.rowsMax - 1} limit 1`.execute(db)
  return { rows, lastRead: read.rows[0] ?? null }
}

/** A range of positions, both ends inclusive. */
interface Range {
  readonly first: string
  readonly last: string
  readonly descending: boolean
}

/** The positions that a request allows. `null`: no event is of the time that it wants. */
async function boundedRange(db: Db, request: EventsRequest): Promise<Range | null> {
  const { account, filter, after, before, through } = request
  const hours = isBounded(filter.created)
    ? (await readHours(db, { account, range: filter.created })).events
    : { first: null, last: null }
  if (!hours) return null
  const first = after === null ? 0n : BigInt(after) + 1n
  const last =
    before === null || BigInt(before) > BigInt(through) ? BigInt(through) : BigInt(before) - 1n
  return {
    first: String(hours.first !== null && BigInt(hours.first) > first ? hours.first : first),
    last: String(hours.last !== null && BigInt(hours.last) < last ? hours.last : last),
    descending: request.order === 'newest first',
  }
}

/** Events that may match, by position. */
interface Source {
  readonly rows: (range: Range) => RawBuilder<unknown>
  /** Rows that it returns at most. */
  readonly rowsMax: number
}

function sourceOf(account: Account, { payment_id: paymentId, type }: EventFilter): Source {
  if (paymentId !== undefined) return ofSubject(account, paymentId)
  if (type?.every((name) => !frequentTypes.includes(name))) return ofRareTypes(account, type)
  return {
    rowsMax: scannedMax,
    rows: (range) => sql`
      select * from events where ${ofAccount(account)} and ${inRange(range)}
      order by position ${directionOf(range)} limit ${scannedMax}`,
  }
}

/**
 * The types that the index `events_rare` leaves out: every payment has such events, so that they would
 * cost every create and cancel an entry.
 */
const frequentTypes: readonly EventType[] = [
  'payment.created',
  'payment.initiated',
  'payment.processing',
  'payment.succeeded',
  'payment.settled',
  'payment.canceled',
]

/** The condition of the index, in its values. */
const isRare = sql`type not in (${sql.join(frequentTypes.map((type) => sql.lit(type)))})`

/** Events that are read of each rare type. All of them match but for the time. */
const ofTypeMax = 500

/** A comparison of rows instead of an equation, so that the planner has no other index (`rowsWith`). */
function ofRareTypes(account: Account, types: readonly EventType[]): Source {
  const ofType = (type: EventType, range: Range) => sql`
      (select * from events
      where ${ofAccount(account)} and ${isRare} and (type, position) >= (${type}, ${range.first}::bigint)
        and (type, position) <= (${type}, ${range.last}::bigint)
      order by type ${directionOf(range)}, position ${directionOf(range)} limit ${ofTypeMax})`
  return {
    rowsMax: ofTypeMax,
    rows: (range) => sql`
      select * from (${sql.join(
        [...new Set(types)].map((type) => ofType(type, range)),
        sql` union all `,
      )}) typed
      order by position ${directionOf(range)} limit ${ofTypeMax}`,
  }
}

/** The events of one payment, which are few, by the primary key. */
function ofSubject(account: Account, subjectId: string): Source {
  return {
    rowsMax: scannedMax,
    rows: (range) => sql`
      select * from (
        select * from events
        where ${ofAccount(account)} and (subject_id, sequence) > (${subjectId}, 0)
          and subject_id <= ${subjectId}
        order by subject_id, sequence limit ${scannedMax}
      ) timeline where ${inRange(range)}`,
  }
}

function inRange({ first, last }: Range): RawBuilder<unknown> {
  return sql`position >= ${first}::bigint and position <= ${last}::bigint`
}

function directionOf({ descending }: Range): RawBuilder<unknown> {
  return descending ? sql`desc` : sql`asc`
}
