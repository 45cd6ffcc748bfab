import type pg from 'pg'

/** What a role, a database and a cluster set for new sessions, and how many they allow. */
export interface DatabaseDefaults {
  /** `UTF8`, or the server refuses the database. */
  readonly encoding: string
  /** `on` unless the role, the database or the cluster has another value. */
  readonly synchronousCommit: string
  /** Empty: no standby has to have a commit before it is acknowledged. */
  readonly synchronousStandbyNames: string
  readonly fsync: string
  readonly fullPageWrites: string
  /** The server's sessions use UTC, whatever the default. */
  readonly timeZone: string
  /** The server's sessions use `read committed`, whatever the default. */
  readonly isolationLevel: string
  /** Sessions of the whole cluster, without those reserved for superusers. */
  readonly sessionsMax: number
  /** Sessions that the role may have; null: no limit of its own. */
  readonly roleSessionsMax: number | null
  /** Sessions that the database may have; null: no limit of its own. */
  readonly databaseSessionsMax: number | null
  /** Open sessions of the whole cluster, of the role and of the database. */
  readonly sessions: { readonly all: number; readonly role: number; readonly database: number }
}

/** Reads the defaults for new sessions of the role and the database of a pool. */
async function readDefaults(pool: Pick<pg.Pool, 'query'>): Promise<DatabaseDefaults> {
  const { rows } = await pool.query<DatabaseDefaults>(`
    select current_setting('server_encoding') as "encoding",
      current_setting('synchronous_commit') as "synchronousCommit",
      current_setting('synchronous_standby_names') as "synchronousStandbyNames",
      current_setting('fsync') as "fsync",
      current_setting('full_page_writes') as "fullPageWrites",
      (select reset_val from pg_settings where name = 'TimeZone') as "timeZone",
      (select reset_val from pg_settings where name = 'default_transaction_isolation')
        as "isolationLevel",
      current_setting('max_connections')::integer
        - current_setting('superuser_reserved_connections')::integer as "sessionsMax",
      (select nullif(rolconnlimit, -1) from pg_roles where rolname = current_user)
        as "roleSessionsMax",
      (select nullif(datconnlimit, -1) from pg_database where datname = current_database())
        as "databaseSessionsMax",
      (select json_build_object('all', count(*), 'role', count(*) filter (where usename = current_user),
          'database', count(*) filter (where datname = current_database()))
        from pg_stat_activity where backend_type = 'client backend') as "sessions"`)
  const [row] = rows
  if (!row) throw new Error('the database returned no defaults')
  return row
}

/**
 * Why a crash of the database, or the loss of its primary, could lose acknowledged commits by the
 * setting `synchronous_commit`; null: it could not. `local` is enough without standbys.
 */
export function explainLossyCommits(
  given: Pick<DatabaseDefaults, 'synchronousCommit' | 'synchronousStandbyNames'>,
): string | null {
  const { synchronousCommit, synchronousStandbyNames } = given
  if (synchronousCommit === 'off') {
    return 'synchronous_commit is off for the role or the database: a crash loses acknowledged commits'
  }
  if (synchronousCommit === 'local' && synchronousStandbyNames !== '') {
    return (
      'synchronous_commit is local for the role or the database, although synchronous_standby_names ' +
      'is set: a failover loses acknowledged commits'
    )
  }
  return null
}
