import { sql } from 'kysely'
import { isCluster } from '../../database/cluster/cluster.ts'
import type { Db } from '../../database/db.ts'
import { testSubjectPrefix } from '../../events/event-id.ts'
import { readPositions } from '../../events/horizon.sql.ts'
import { insertDeliveries, stepMax } from './insert-deliveries.sql.ts'
import { relayInCluster } from './relay-in-cluster.sql.ts'

/** Whether the relay has events to process. It only reads, so that idle servers do not write. */
export async function hasUnrelayed(db: Db): Promise<boolean> {
  if (isCluster(db)) {
    const { relayed, last } = await readPositions(db)
    return last > relayed
  }
  // `order by … limit 1` reads the first entry of the index. With `exists`, the planner does not know
  // the position of the relay, expects a match in a third of the table, and reads the table from its
  // beginning.
  const { rows } = await sql`
    select 1 from events where position > (select position from event_relay)
    order by position limit 1`.execute(db)
  return rows.length > 0
}

/**
 * Turns the next events into deliveries for all endpoints that subscribe to them, in one statement.
 * Returns the number of events processed. 0: there were none, or another process is relaying.
 *
 * The relay must not move past an event before it can see the event. A position is assigned when the row
 * is written, but other transactions see the row only after the commit. So a lower position may appear
 * after a higher one: until then the positions have a gap. Positions without a gap between them are safe.
 * A gap is filled soon, or never if its transaction was rolled back. Which of the two is certain once
 * every transaction that could have taken the missing position has ended.
 *
 * Hence the fence. When this statement sees a gap below a position M, it stores its own transaction id R,
 * assigned after its snapshot. Every transaction with a position below M took the position before M was
 * committed, and had its transaction id by then: a writer of events changes the payment first, or requests
 * its id (events/insert-event.sql.ts). So that id is below R. When the oldest running transaction
 * (pg_snapshot_xmin) has reached R, no position up to M can appear any more.
 *
 * Rejected: storing pg_snapshot_xmax instead of the statement's own id. It is one more than the newest
 * transaction that has ended; a running transaction may have a higher id, and its event was lost. Waiting
 * until all older transactions have ended, for every event, is also correct, but one long transaction
 * anywhere in the cluster would then delay all events, not only those after a gap.
 *
 * The row of the relay is locked: one process relays at a time, and the others skip it.
 */
export async function relayEvents(db: Db): Promise<number> {
  if (isCluster(db)) return await relayInCluster(db)
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
    ), ${insertDeliveries}
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
