import { type Kysely, sql } from 'kysely'
import { type Placement, placements } from './tables.ts'

/** A database as Citus sees it. */
export interface ClusterState {
  /** The version of Citus; `null`: the extension is not installed. */
  readonly version: string | null
  /** Whether this node is the coordinator, and has its address in its own list of nodes. */
  readonly isCoordinator: boolean
  readonly hasCoordinatorAddress: boolean
  /** Active nodes besides the coordinator that take shards. */
  readonly workers: number
  /** Whether the coordinator takes shards too, as on a single node. */
  readonly hasShardsOnCoordinator: boolean
  /** The tables that Citus knows, by their names. */
  readonly tables: ReadonlyMap<string, PlacedTable>
}

/** Where Citus has placed a table. */
export interface PlacedTable {
  readonly placement: Placement
  /** The column by which rows are distributed; `null` where they are not. */
  readonly column: string | null
  readonly colocationId: number
}

/** Reads the state of a database. Without the extension, it is one statement. */
export async function readClusterState<DB>(db: Kysely<DB>): Promise<ClusterState> {
  const { rows } = await sql<{ version: string | null }>`
    select (select extversion from pg_extension where extname = 'citus') as version`.execute(db)
  const version = rows[0]?.version ?? null
  if (version === null) {
    return {
      version,
      isCoordinator: false,
      hasCoordinatorAddress: false,
      workers: 0,
      hasShardsOnCoordinator: false,
      tables: new Map(),
    }
  }
  const nodes = await sql<Omit<ClusterState, 'version' | 'tables'>>`
    select citus_is_coordinator() as "isCoordinator",
      exists (select from pg_dist_node where groupid = 0) as "hasCoordinatorAddress",
      (select count(*)::integer from pg_dist_node
        where groupid <> 0 and noderole = 'primary' and isactive and shouldhaveshards) as workers,
      exists (select from pg_dist_node where groupid = 0 and shouldhaveshards)
        as "hasShardsOnCoordinator"
    `.execute(db)
  if (!nodes.rows[0]) throw new Error('Citus returned no nodes')
  return { version, ...nodes.rows[0], tables: await readTables(db) }
}

async function readTables<DB>(db: Kysely<DB>): Promise<ReadonlyMap<string, PlacedTable>> {
  const { rows } = await sql<PlacedTable & { name: string }>`
    select c.relname as name, p.colocationid as "colocationId",
      case when p.partmethod = 'h' then 'distributed'
        when p.partmethod = 'n' and p.repmodel = 't' then 'reference' else 'local' end as placement,
      case when p.partkey is not null
        then column_to_column_name(p.logicalrelid, p.partkey) end as column
    from pg_dist_partition p join pg_class c on c.oid = p.logicalrelid
    where c.relnamespace = current_schema()::regnamespace`.execute(db)
  return new Map(rows.map(({ name, ...table }) => [name, table]))
}

/**
 * What keeps the tables from being those of a cluster of Hedge. Empty: nothing. Tables
 * that Citus does not know are where `local` tables are.
 */
export function findMisplaced({ tables }: ClusterState): string[] {
  const colocationId = tables.get('payments')?.colocationId
  return Object.entries(placements).flatMap(([name, placement]) => {
    const found = tables.get(name)
    const isPlaced = (found?.placement ?? 'local') === placement
    if (!isPlaced) return [`${name} is ${found?.placement ?? 'local'} instead of ${placement}`]
    if (placement !== 'distributed' || !found) return []
    if (found.column !== 'merchant_id')
      return [`${name} is distributed by ${found.column} instead of merchant_id`]
    return found.colocationId === colocationId ? [] : [`${name} is not colocated with payments`]
  })
}

/** Whether no table of Hedge is placed: the database is an ordinary one. */
export function isUnplaced({ tables }: ClusterState): boolean {
  return Object.entries(placements).every(
    ([name, placement]) =>
      placement === 'local' || (tables.get(name)?.placement ?? 'local') === 'local',
  )
}
