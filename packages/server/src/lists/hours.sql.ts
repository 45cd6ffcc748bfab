import { idPrefixes } from '@hedgepayments/contract'
import { type RawBuilder, sql } from 'kysely'
import { type CreatedRange, createdWithin, outerBounds } from '../database/created-within.ts'
import type { Db } from '../database/db.ts'
import type { Account } from '../domain/account.ts'

// A position and an id follow the commits, and a creation time follows a merchant's clock: a test clock
// may be years ahead, two databases have two clocks, and a clock may be set back. So no position and no
// id can be computed from a time. `event_hours` contains where the events of each hour are, as they are
// counted, and no create or cancel writes it.
//
// Rejected: bounds that are computed from the times in ids. They are wrong by as much as the clocks were,
// so a list would miss payments. Rejected: an index on the creation time, which every create would write.
// Rejected: BRIN, which finds pages of all merchants, and whose rows are read and sorted before the first
// one is shown.

/**
 * Common table expressions that add the events of `next` (`dashboard/statistics/count.sql.ts`) to the
 * hours of their accounts.
 */
export const addedToHours: RawBuilder<unknown> = sql`
    added_to_hours as (
      insert into event_hours (merchant_id, livemode, hour, first_position, last_position,
        first_payment_id, last_payment_id)
      select n.merchant_id, n.livemode, date_trunc('hour', n.created_at, 'UTC'), min(n.position),
        max(n.position), min(n.subject_id) filter (where ${isCreation(sql`n`)}),
        max(n.subject_id) filter (where ${isCreation(sql`n`)})
      from next n group by 1, 2, 3 order by 1, 2, 3
      on conflict (merchant_id, livemode, hour) do update
      set first_position = least(event_hours.first_position, excluded.first_position),
        last_position = greatest(event_hours.last_position, excluded.last_position),
        first_payment_id = least(event_hours.first_payment_id, excluded.first_payment_id),
        last_payment_id = greatest(event_hours.last_payment_id, excluded.last_payment_id)
    )`

/** Whether an event is the creation of a payment, and not a test event that looks like it. */
function isCreation(event: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`${event}.type = 'payment.created'
    and starts_with(${event}.subject_id, ${sql.lit(idPrefixes.payment)})`
}

/** Events that are not counted yet and that a list reads by themselves. Beyond it, a list has no bounds. */
const uncountedMax = 10_000

/**
 * A condition on the events of an account that are not counted yet. A comparison of rows, because the index on
 * the position alone has those of all merchants.
 */
export function isUncounted({ merchantId, livemode }: Account): RawBuilder<boolean> {
  return sql<boolean>`(merchant_id, livemode, position)
        > (${merchantId}, ${livemode}::boolean, (select position from stats_progress))
        and (merchant_id, livemode) <= (${merchantId}, ${livemode}::boolean)`
}

/** The first and last value of a range, both inclusive; `null`: no bound. */
interface Bounds {
  readonly first: string | null
  readonly last: string | null
}

/** Where the objects of a time are. */
export interface HourBounds {
  /** Positions of events. */
  readonly events: Bounds
  /** Ids of payments. */
  readonly payments: Bounds
}

/**
 * Finds where the events of a range of time are, and the payments that were created in it. There may be
 * others within the bounds, so filter by the time as well.
 *
 * Call it after the fence or the horizon of the list was read: later objects are not in the list.
 *
 * @returns `null` for a kind where there are none.
 */
export async function readHours(
  db: Db,
  { account, range }: { account: Account; range: CreatedRange },
): Promise<{ [kind in keyof HourBounds]: HourBounds[kind] | null }> {
  const { from, to } = outerBounds(range)
  const isWithin = sql`(${sql.join([sql`true`, ...createdWithin('u.created_at', range)], sql` and `)})`
  const { rows } = await sql<HoursRow>`
    with uncounted as materialized (
      select position, subject_id, type, created_at from events
      where ${isUncounted(account)}
      order by merchant_id, livemode, position limit ${uncountedMax + 1}
    ), late as (
      select count(*) > ${uncountedMax} as is_behind, min(position) as next_position,
        min(position) filter (where ${isWithin}) as first_position,
        max(position) filter (where ${isWithin}) as last_position,
        min(subject_id) filter (where ${isWithin} and ${isCreation(sql`u`)}) as first_payment_id,
        max(subject_id) filter (where ${isWithin} and ${isCreation(sql`u`)}) as last_payment_id
      from uncounted u
    ), counted as (
      select min(first_position) as first_position, max(last_position) as last_position,
        min(first_payment_id) as first_payment_id, max(last_payment_id) as last_payment_id
      from event_hours
      where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
        and hour >= coalesce(date_trunc('hour', ${from}::timestamptz, 'UTC'), '-infinity')
        and hour <= coalesce(${to}::timestamptz, 'infinity')
    )
    select l.is_behind, l.next_position,
      least(c.first_position, l.first_position) as first_position,
      greatest(c.last_position, l.last_position) as last_position,
      least(c.first_payment_id, l.first_payment_id) as first_payment_id,
      greatest(c.last_payment_id, l.last_payment_id) as last_payment_id
    from counted c, late l`.execute(db)
  const [row] = rows
  if (!row) throw new Error('the database gave no hours')
  return row.is_behind ? withoutEnd(row) : withinHours(row)
}

interface HoursRow {
  is_behind: boolean
  next_position: string | null
  first_position: string | null
  last_position: string | null
  first_payment_id: string | null
  last_payment_id: string | null
}

/** The bounds where some of the later events were not read. */
function withoutEnd(row: HoursRow): HourBounds {
  return {
    events: { first: row.first_position ?? row.next_position, last: null },
    payments: { first: null, last: null },
  }
}

function withinHours(row: HoursRow) {
  const bounds = (first: string | null, last: string | null) =>
    first === null ? null : { first, last }
  return {
    events: bounds(row.first_position, row.last_position),
    payments: bounds(row.first_payment_id, row.last_payment_id),
  }
}
