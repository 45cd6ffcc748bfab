import type { ClientBase, Pool } from 'pg'

/** Runs statements: a pool, or one connection. */
export type Runner = Pick<Pool | ClientBase, 'query'>

/** Settings of PostgreSQL, by their names, as a session of the server has them. */
export type Settings = ReadonlyMap<string, string>

/** Reads the settings. Some are missing if the role may not read them. */
export async function readSettings(runner: Runner): Promise<Settings> {
  const { rows } = await runner.query<{ name: string; setting: string }>(
    'select name, setting from pg_settings',
  )
  return new Map(rows.map(({ name, setting }) => [name, setting]))
}

/** The standbys that are connected. */
export interface Standbys {
  readonly connected: number
  /** Those that commits can wait for; `null`: the role may not see it. */
  readonly synchronous: number | null
}

/** Counts the standbys. A role without `pg_read_all_stats` sees only that they are connected. */
export async function countStandbys(runner: Runner): Promise<Standbys> {
  const { rows } = await runner.query<{ connected: number; visible: number; synchronous: number }>(
    `select count(*)::integer as connected, count(sync_state)::integer as visible,
       count(*) filter (where sync_state in ('sync', 'quorum'))::integer as synchronous
     from pg_stat_replication`,
  )
  const { connected = 0, visible = 0, synchronous = 0 } = rows[0] ?? {}
  return { connected, synchronous: connected > 0 && visible === 0 ? null : synchronous }
}

/** Indexes that PostgreSQL does not use, except those that are being built. */
export async function findInvalidIndexes(runner: Runner): Promise<string[]> {
  const { rows } = await runner.query<{ name: string }>(
    `select c.relname as name
     from pg_index i join pg_class c on c.oid = i.indexrelid
     where c.relnamespace = current_schema()::regnamespace
       and not (i.indisvalid and i.indisready and i.indislive)
       and not exists (select from pg_stat_progress_create_index p where p.index_relid = c.oid)
     order by c.relname`,
  )
  return rows.map(({ name }) => name)
}

/** The version of the collation's library with which the database was made, and the one in use. */
export interface CollationVersions {
  readonly recorded: string | null
  readonly actual: string | null
}

/** Reads the versions. PostgreSQL before 15 does not record them: then both are `null`. */
export async function readCollation(runner: Runner): Promise<CollationVersions> {
  const { rows: found } = await runner.query<{ exists: boolean }>(
    `select to_regproc('pg_database_collation_actual_version') is not null as exists`,
  )
  if (!found[0]?.exists) return { recorded: null, actual: null }
  const { rows } = await runner.query<CollationVersions>(
    `select datcollversion as recorded, pg_database_collation_actual_version(oid) as actual
     from pg_database where datname = current_database()`,
  )
  return rows[0] ?? { recorded: null, actual: null }
}

/** Whether the deployment has had a live key. */
export async function hasLiveKeys(runner: Runner): Promise<boolean> {
  const { rows } = await runner.query<{ is_live: boolean }>(
    `select to_regclass('api_keys') is not null as is_live`,
  )
  if (!rows[0]?.is_live) return false
  const live = await runner.query('select from api_keys where livemode limit 1')
  return live.rows.length > 0
}
