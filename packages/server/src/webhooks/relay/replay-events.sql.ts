import { sql } from 'kysely'
import { isCluster, onNode } from '../../database/cluster/cluster.ts'
import type { Db } from '../../database/db.ts'
import { type Account, accountOf } from '../../domain/account.ts'
import { testSubjectPrefix } from '../../events/event-id.ts'
import { isServedHere } from '../../jobs/lease.sql.ts'
import { insertDeliveries, insertTimed, stepMax } from './insert-deliveries.sql.ts'
import { claimTime } from './relay-in-cluster.sql.ts'

/**
 * Turns the next events of the oldest replay into deliveries for its endpoint, and records its
 * progress. `false`: no replay is in progress, or other processes have locked all of them.
 */
export async function replayEvents(db: Db): Promise<boolean> {
  if (!isCluster(db)) return await replayNext(db)
  const { rows } = await sql<{ merchant_id: string; livemode: boolean }>`
    select merchant_id, livemode from webhook_endpoints where replay_from is not null
    order by replay_from limit 1`.execute(db)
  const [found] = rows
  if (!found) return false
  const account = accountOf(found)
  return await db.transaction().execute(async (tx) => await replayNext(tx, account))
}

/** In a cluster, it replays the next events of one account. */
async function replayNext(db: Db, account?: Account): Promise<boolean> {
  const nodeOf = (name: string) => (account ? onNode(db, name, account) : sql``)
  const inserting = account ? insertTimed(await claimTime(db, account)) : insertDeliveries
  const { rows } = await sql`
    with e as materialized (
      select merchant_id, livemode, id, events, replay_since, replay_from, replay_through
      from webhook_endpoints where replay_from is not null ${nodeOf('webhook_endpoints')}
        and ${isServedHere('webhook_endpoints')}
      order by replay_from limit 1
      for no key update skip locked
    ), a as materialized (
      select next.* from e cross join lateral (
        select position, merchant_id, livemode, subject_id, sequence, type, created_at from events
        where merchant_id = e.merchant_id and livemode = e.livemode
          and position > e.replay_from and position <= e.replay_through ${nodeOf('events')}
        order by position limit ${stepMax}
      ) next
    ), wanted as materialized (
      select a.*, e.id as endpoint_id
      from a cross join e
      where a.created_at >= e.replay_since and e.events && array['*', a.type]
        and not starts_with(a.subject_id, ${testSubjectPrefix})
    ), ${inserting}, reached as (
      select count(*) as events, max(position) as position from a
    )
    update webhook_endpoints w
    set replay_from = case when reached.events = ${stepMax} then reached.position end,
      replay_through = case when reached.events = ${stepMax} then w.replay_through end,
      replay_since = case when reached.events = ${stepMax} then w.replay_since end
    from e cross join reached
    where w.merchant_id = e.merchant_id and w.livemode = e.livemode and w.id = e.id
      ${nodeOf('w')}
    returning w.id`.execute(db)
  return rows.length > 0
}
