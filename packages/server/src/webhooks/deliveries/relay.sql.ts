import { idPrefixes } from '@hedgepayments/contract'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import type { Timestamp } from '../../domain/time.ts'
import { testSubjectPrefix } from '../../events/event-id.ts'
import { claimedTime } from '../../lists/ids.sql.ts'

type Db = Kysely<Schema>

/**
 * Events of one step: a transaction of some ten milliseconds, more where many endpoints want them. A
 * larger one holds a processor for so long that single cancels beside it are seen to wait.
 */
const stepMax = 500

// In the order of the index, to its first entry. Asked only whether there is one, the planner, who does not know
// the relay's position, expects to find it in a third of the table and reads that from its beginning.
/** Whether there are events that the relay has not passed. Reads only: idle servers do not write. */
export async function hasUnrelayed(db: Db): Promise<boolean> {
  const { rows } = await sql`
    select 1 from events where position > (select position from event_relay)
    order by position limit 1`.execute(db)
  return rows.length > 0
}

// An event must not be passed before it can be seen. Positions are given out when a row is
// written and seen when its transaction commits, so a lower one may come after a higher one: a gap.
// An unbroken run of positions is safe. A gap is either filled soon or, where its transaction was
// rolled back, never; which of the two is known once every transaction that could have taken the
// missing position has ended.
//
// Hence the fence. When a gap is seen below a position M, the transaction id R of this very
// statement is noted, taken after its snapshot. Whoever took a position below M did so before M
// was committed, and had its own transaction id by then: every writer of an event has changed
// another row before (the payment, the endpoint) or asked for its id. That id is below R. Once
// every transaction below R has ended (the oldest that runs, pg_snapshot_xmin, has reached R), all
// through M is as final as it will be.
//
// What was tried and lost: noting pg_snapshot_xmax instead of an id of our own. It is one more
// than the newest transaction that *ended*: one that runs may lie above it, and its event was lost.
// Waiting for every event until all older transactions have ended is right as well, but then a
// single long one anywhere in the cluster holds up every event and not just those behind a gap.
//
// The row of the relay is locked, so that one process relays at a time; others pass it over.
/**
 * Turns the next events of the outbox into deliveries, for all endpoints that want them, in one
 * statement. Returns how many events it has passed, 0 also where another process is at it.
 */
export async function relayEvents(db: Db, now: Timestamp): Promise<number> {
  const { rows } = await sql<{ passed: string }>`
    with relay as materialized (
      select position, fence_position, fence_transaction from event_relay for update skip locked
    ), ahead as materialized (
      select next.*, row_number() over (order by next.position) as n
      from relay cross join lateral (
        select position, merchant_id, livemode, subject_id, sequence, type, state from events
        where position > relay.position order by position limit ${stepMax}
      ) next
    ), reach as materialized (
      select relay.position as start,
        greatest(
          relay.position,
          max(ahead.position) filter (where ahead.position = relay.position + ahead.n),
          max(ahead.position) filter (where ahead.position <= relay.fence_position
            and relay.fence_transaction <= pg_snapshot_xmin(pg_current_snapshot()))
        ) as through,
        max(ahead.position) as seen
      from relay left join ahead on true
      group by relay.position, relay.fence_position, relay.fence_transaction
    ), wanted as materialized (
      select a.*, e.id as endpoint_id
      from reach join ahead a on a.position <= reach.through
        join webhook_endpoints e on e.merchant_id = a.merchant_id and e.livemode = a.livemode
          and e.enabled and case
            when starts_with(a.subject_id, ${testSubjectPrefix}) and a.state ? 'endpoint_id'
              then e.id = a.state ->> 'endpoint_id'
            else e.events && array['*', a.type] end
    ), ${putDeliveries(now)}
    update event_relay r
    set position = reach.through,
      fence_position = case
        when r.fence_position > reach.through then r.fence_position
        when reach.seen > reach.through then reach.seen end,
      fence_transaction = case
        when r.fence_position > reach.through then r.fence_transaction
        when reach.seen > reach.through then pg_current_xact_id() end
    from reach
    returning (reach.through - reach.start)::text as passed`.execute(db)
  return Number(rows[0]?.passed ?? 0)
}

/**
 * Puts the next events of a replay down for its endpoint, and notes how far it is. `false`: there
 * is no replay, or another process is at it.
 */
export async function replayEvents(db: Db, now: Timestamp): Promise<boolean> {
  const { rows } = await sql`
    with e as materialized (
      select merchant_id, livemode, id, events, replay_since, replay_from, replay_through
      from webhook_endpoints where replay_from is not null
      order by replay_from limit 1
      for no key update skip locked
    ), a as materialized (
      select next.* from e cross join lateral (
        select position, merchant_id, livemode, subject_id, sequence, type, created_at from events
        where merchant_id = e.merchant_id and livemode = e.livemode
          and position > e.replay_from and position <= e.replay_through
        order by position limit ${stepMax}
      ) next
    ), wanted as materialized (
      select a.*, e.id as endpoint_id
      from a cross join e
      where a.created_at >= e.replay_since and e.events && array['*', a.type]
        and not starts_with(a.subject_id, ${testSubjectPrefix})
    ), ${putDeliveries(now)}, reached as (
      select count(*) as events, max(position) as position from a
    )
    update webhook_endpoints w
    set replay_from = case when reached.events = ${stepMax} then reached.position end,
      replay_through = case when reached.events = ${stepMax} then w.replay_through end,
      replay_since = case when reached.events = ${stepMax} then w.replay_since end
    from e cross join reached
    where w.merchant_id = e.merchant_id and w.livemode = e.livemode and w.id = e.id
    returning w.id`.execute(db)
  return rows.length > 0
}

/**
 * Inserts the deliveries of `wanted`. Their ids are in the order of the events: the time, one for
 * each account, a number within the statement, and random characters.
 */
function putDeliveries(now: Timestamp) {
  return sql`timed as materialized (
      select merchant_id, livemode, ${claimedTime('delivery', {
        merchantId: sql`merchant_id`,
        livemode: sql`livemode`,
      })} as time_text
      from (select distinct merchant_id, livemode from wanted) accounts
    ), put as (
      insert into webhook_deliveries (merchant_id, livemode, id, endpoint_id, position, subject_id,
        sequence, event_type, status, due_at, created_at)
      select merchant_id, livemode, ${idPrefixes.delivery} || t.time_text
          || lpad(to_hex(row_number() over (order by w.position, w.endpoint_id)), 6, '0')
          || right(gen_random_uuid()::text, 12) || left(gen_random_uuid()::text, 8),
        w.endpoint_id, w.position, w.subject_id, w.sequence, w.type, 'pending', now(),
        ${now}::timestamptz
      from wanted w join timed t using (merchant_id, livemode)
    )`
}
