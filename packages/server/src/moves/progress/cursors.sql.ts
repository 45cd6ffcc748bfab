import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'

/** How far a database is with the events of all merchants. */
export interface Cursors {
  readonly relayed: bigint
  readonly counted: bigint
  readonly sealed: bigint
}

export async function readCursors(db: Db): Promise<Cursors> {
  const { rows } = await sql<{ relayed: string; counted: string; sealed: string }>`
    select r.position::text as relayed, s.position::text as counted, p.position::text as sealed
    from event_relay r, stats_progress s, seal_progress p`.execute(db)
  const [found] = rows
  if (!found) throw new Error('the database has no progress of its events')
  return {
    relayed: BigInt(found.relayed),
    counted: BigInt(found.counted),
    sealed: BigInt(found.sealed),
  }
}

/** The id of a new transaction: those that had an id before have a lower one. */
export async function newTransactionId(db: Db): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    select pg_current_xact_id()::text as id`.execute(db)
  return rows[0]?.id ?? ''
}

/**
 * Moves the relay to the end of reserved positions, once nothing before it can appear: every transaction
 * below `fence` has ended, and all its events are relayed. Returns whether the relay is there.
 */
export async function passRelay(
  db: Db,
  { end, fence }: { end: bigint; fence: string },
): Promise<boolean> {
  return await db.transaction().execute(async (tx) => {
    await sql`select from event_relay for update`.execute(tx)
    const { rows } = await sql<{ position: string }>`
      update event_relay set position = greatest(position, ${String(end)}::bigint),
        fence_position = case when fence_position > ${String(end)}::bigint then fence_position end,
        fence_transaction = case when fence_position > ${String(end)}::bigint then fence_transaction end
      where ${fence}::xid8 <= pg_snapshot_xmin(pg_current_snapshot()) and not exists (
        select from events e where e.position > event_relay.position
          and e.position <= ${String(end)}::bigint)
      returning position::text as position`.execute(tx)
    return rows.length > 0
  })
}

/** Moves the counts to the end of reserved positions, once all events before it are counted. Returns whether they are. */
export async function passCounts(db: Db, end: bigint): Promise<boolean> {
  return await db.transaction().execute(async (tx) => {
    await sql`select from stats_progress for update`.execute(tx)
    const { rows } = await sql`
      update stats_progress set position = greatest(position, ${String(end)}::bigint)
      where not exists (
        select from events e where e.position > stats_progress.position
          and e.position <= ${String(end)}::bigint)
      returning 1`.execute(tx)
    return rows.length > 0
  })
}
