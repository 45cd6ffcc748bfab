import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import { testSubjectPrefix } from '../../events/event-id.ts'
import { insertDeliveries, stepMax } from './insert-deliveries.sql.ts'

/**
 * Turns the next events of the oldest replay into deliveries for its endpoint, and records its
 * progress. `false`: no replay is in progress, or other processes have locked all of them.
 */
export async function replayEvents(db: Db): Promise<boolean> {
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
    ), ${insertDeliveries}, reached as (
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
