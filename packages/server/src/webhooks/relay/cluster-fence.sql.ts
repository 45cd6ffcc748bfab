import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'

/** The last position that the coordinator has given, and when its PostgreSQL has started. */
export interface LastPosition {
  readonly position: bigint
  /** Another start means a crash or a failover, after which positions may be given again. */
  readonly startedAt: string
}

/** Reads the last position that the coordinator has given. */
export async function readLastPosition(db: Db): Promise<LastPosition> {
  const { rows } = await sql<{ position: string; startedAt: string }>`
    select case when is_called then last_value else 0 end::text as position,
      pg_postmaster_start_time()::text as "startedAt"
    from events_position_seq`.execute(db)
  const [row] = rows
  return { position: BigInt(row?.position ?? 0), startedAt: row?.startedAt ?? '' }
}

/** The transactions that have taken a position, or are about to. */
export async function findWriters(db: Db): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ transaction: string }>`
    select virtualtransaction as transaction from pg_locks
    where locktype = 'advisory' and mode = 'ShareLock' and granted and objsubid = 1
      and database = (select oid from pg_database where datname = current_database())
      and (classid::bigint << 32 | objid::bigint) = hedge_position_lock()`.execute(db)
  return new Set(rows.map(({ transaction }) => transaction))
}

/** A transaction id of each node that has events, by the node. */
export type NodeTransactions = ReadonlyMap<string, bigint>

/** A new transaction id of each node. `null`: a node does not answer. */
export async function takeTransactionIds(db: Db): Promise<NodeTransactions | null> {
  return await onNodes(db, 'select pg_current_xact_id()')
}

/**
 * For each node, an id below which no transaction of this database runs there, or is prepared. `null`: a
 * node does not answer.
 *
 * The snapshot has the running transactions of all databases. One is left out where its lock on its own id
 * shows that it belongs to another database. A lock that cannot be assigned counts as one of this database.
 */
export async function readOldestTransactions(db: Db): Promise<NodeTransactions | null> {
  return await onNodes(
    db,
    `select coalesce((
        select x from pg_snapshot_xip(s) x
        where not exists (
          select from pg_locks l left join pg_stat_activity a on a.pid = l.pid
            left join pg_prepared_xacts p on p.transaction = l.transactionid and l.pid is null
          where l.locktype = 'transactionid' and l.mode = 'ExclusiveLock'
            and l.transactionid = x::xid and coalesce(a.datname, p.database) <> current_database())
        order by x limit 1), pg_snapshot_xmax(s))
      from pg_current_snapshot() s`,
  )
}

/** Runs a statement that returns a transaction id on all nodes. `null`: a node with events does not answer. */
async function onNodes(db: Db, statement: string): Promise<NodeTransactions | null> {
  const { rows } = await sql<{ node: string; result: string | null }>`
    select n.nodename || ':' || n.nodeport as node, r.result
    from pg_dist_node n
      left join run_command_on_all_nodes(${statement}) r on r.nodeid = n.nodeid and r.success
    where n.noderole = 'primary' and n.groupid in (
      select p.groupid from pg_dist_placement p join pg_dist_shard s on s.shardid = p.shardid
      where s.logicalrelid = 'events'::regclass)`.execute(db)
  const ids = new Map<string, bigint>()
  for (const { node, result } of rows) {
    if (result === null) return null
    ids.set(node, BigInt(result))
  }
  return ids
}
