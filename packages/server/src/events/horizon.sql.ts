import { sql } from 'kysely'
import { isCluster } from '../database/cluster/cluster.ts'
import type { Db } from '../database/db.ts'
import { readClusterHorizon } from './cluster-horizon.sql.ts'

/** Events that are read after the relay's position: more than any server writes between two relay turns. */
const aheadMax = 5_000

/**
 * The horizon: the position up to which no further event can appear. A reader that has read through it
 * has missed nothing. Positions are assigned before the commit, so a lower position may become visible
 * after a higher one. Up to the relay's position, all events are visible. After it, every position of
 * an unbroken sequence is visible too.
 */
export async function readHorizon(db: Db): Promise<string> {
  if (isCluster(db)) return (await readClusterHorizon(db)) ?? (await relayed(db))
  const { rows } = await sql<{ through: string }>`
    select coalesce(max(ahead.position) filter (where ahead.position = relay.position + ahead.n),
      max(relay.position))::text as through
    from event_relay relay left join lateral (
      select position, row_number() over (order by position) as n
      from (
        select position from events where position > relay.position
        order by position limit ${aheadMax}
      ) next
    ) ahead on true`.execute(db)
  return rows[0]?.through ?? '0'
}

/** The position of the relay. */
async function relayed(db: Db): Promise<string> {
  const { rows } = await sql<{ position: string }>`
    select position::text as position from event_relay`.execute(db)
  return rows[0]?.position ?? '0'
}
