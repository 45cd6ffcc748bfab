import { sql } from 'kysely'
import { isCluster } from '../database/cluster/cluster.ts'
import type { Db } from '../database/db.ts'

/** Events that are read after the relay's position: more than any server writes between two relay turns. */
const aheadMax = 5_000

/**
 * The horizon: the position up to which no further event can appear. A reader that has read through it
 * has missed nothing. Positions are assigned before the commit, so a lower position may become visible
 * after a higher one. Up to the relay's position, all events are visible. After it, every position of
 * an unbroken sequence is visible too.
 */
export async function readHorizon(db: Db): Promise<string> {
  if (isCluster(db)) return await readInCluster(db)
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

/**
 * The same in a cluster. An event becomes visible after its coordinator has committed (`COMMIT PREPARED`), and
 * that commit has stored the sequence of positions too. So no position of a visible event is given again.
 */
async function readInCluster(db: Db): Promise<string> {
  const { relayed, last } = await readPositions(db)
  if (last <= relayed) return String(relayed)
  try {
    const positions = await findPositions(db, relayed)
    return String(endOfUnbroken(relayed, positions))
  } catch {
    // A worker is down. Merchants on the others read what the relay has passed.
    return String(relayed)
  }
}

async function findPositions(db: Db, after: bigint): Promise<string[]> {
  const { rows } = await sql<{ position: string }>`
    select position::text as position from events where position > ${String(after)}::bigint
    order by events.position limit ${aheadMax}`.execute(db)
  return rows.map(({ position }) => position)
}

/** The last of the positions that follow `after` without a gap, or `after`. They are in their order. */
export function endOfUnbroken(after: bigint, positions: readonly string[]): bigint {
  const gap = positions.findIndex((position, n) => BigInt(position) !== after + BigInt(n) + 1n)
  return after + BigInt(gap < 0 ? positions.length : gap)
}

/** In a cluster: the position of the relay, and the last one that was given. Reads no worker. */
export async function readPositions(db: Db): Promise<{ relayed: bigint; last: bigint }> {
  const { rows } = await sql<{ relayed: string; last: string }>`
    select r.position::text as relayed,
      case when s.is_called then s.last_value else 0 end::text as last
    from event_relay r, events_position_seq s`.execute(db)
  return { relayed: BigInt(rows[0]?.relayed ?? 0), last: BigInt(rows[0]?.last ?? 0) }
}
