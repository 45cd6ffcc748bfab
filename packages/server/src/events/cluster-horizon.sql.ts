import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Db } from '../database/db.ts'

// In a cluster, positions come from one sequence of the coordinator, and events are written on the node of
// their merchant. Transaction ids of nodes cannot be compared, so the fence of one PostgreSQL
// (`webhooks/relay/relay-events.sql.ts`) does not hold. The default of the position is
// `hedge_claim_position()`: the coordinator takes a shared lock, which the transaction keeps until its end,
// and then the position. So every event up to a position that the sequence has given is visible, or will
// never exist, as soon as
//
// 1. the transactions that had the lock then have ended: the coordinator has sent all that they wrote, and
// 2. on each worker, the transactions that ran then have ended. A worker may still decide on a transaction
//    whose coordinator has lost the connection to it, or that is prepared and waits for its commit. Both have
//    an id of that worker, so its own oldest running id tells (`pg_snapshot_xmin`).
//
// Rejected: positions of each worker. A shard that moves to another worker would get lower positions.
// Rejected: a lock for each merchant. The relay would ask for thousands of locks to find out which merchants
// have events; one lock is shared by all writers, and no writer waits for another.

/** How long a reader waits for transactions in progress, most of which take some milliseconds. */
const waitMsMax = 2_000
/** Pauses between two checks. */
const pauseMs = { first: 2, max: 50 }

/**
 * The position up to which no further event can appear in a cluster. `null`: transactions have been in
 * progress for too long, or a worker does not answer.
 */
export async function readClusterHorizon(db: Db): Promise<string | null> {
  const deadlineMs = performance.now() + waitMsMax
  const through = await lastPosition(db)
  const writers = new Set(await findWriters(db))
  const haveEnded = await waitUntil(deadlineMs, async () =>
    (await findWriters(db)).every((writer) => !writers.has(writer)),
  )
  if (writers.size > 0 && !haveEnded) return null
  const fences = await onWorkers(db, 'select pg_current_xact_id()')
  if (!fences) return null
  const isPassed = await waitUntil(deadlineMs, async () => {
    const oldest = await onWorkers(db, 'select pg_snapshot_xmin(pg_current_snapshot())')
    return fences.every((fence, n) => BigInt(oldest?.[n] ?? 0) >= BigInt(fence))
  })
  return isPassed ? through : null
}

async function waitUntil(deadlineMs: number, check: () => Promise<boolean>): Promise<boolean> {
  for (let ms = pauseMs.first; ; ms = Math.min(pauseMs.max, 2 * ms)) {
    if (await check()) return true
    if (performance.now() > deadlineMs) return false
    await sleep(ms)
  }
}

/** The last position that the sequence has given. */
async function lastPosition(db: Db): Promise<string> {
  const { rows } = await sql<{ position: string }>`
    select case when is_called then last_value else 0 end::text as position
    from events_position_seq`.execute(db)
  return rows[0]?.position ?? '0'
}

/** The transactions that have taken a position, or are about to. */
async function findWriters(db: Db): Promise<string[]> {
  const { rows } = await sql<{ transaction: string }>`
    select virtualtransaction as transaction from pg_locks
    where locktype = 'advisory' and mode = 'ShareLock' and granted and objsubid = 1
      and database = (select oid from pg_database where datname = current_database())
      and (classid::bigint << 32 | objid::bigint) = hedge_position_lock()`.execute(db)
  return rows.map(({ transaction }) => transaction)
}

/** Runs a statement with one value on each worker. `null`: a worker does not answer. */
async function onWorkers(db: Db, statement: string): Promise<string[] | null> {
  const { rows } = await sql<{ success: boolean; result: string }>`
    select success, result from run_command_on_workers(${statement})
    order by nodename, nodeport`.execute(db)
  return rows.every(({ success }) => success) ? rows.map(({ result }) => result) : null
}
