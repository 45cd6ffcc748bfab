import type { ClientBase } from 'pg'
import type { Settings } from './settings.ts'

/** The setting that names the process's end of a session. PostgreSQL allows any name with a dot. */
const tokenSetting = 'hedge.session'

/**
 * The value of a setting. In a cluster, Citus finds the node of a statement by its values, so it refuses a
 * plan that is made without them.
 */
const inCluster = `case when name = 'plan_cache_mode'
    and exists (select from pg_extension where extname = 'citus') then 'auto' else value end`

/**
 * Whether the tables of the session's database are distributed over the nodes of a Citus cluster. Its second
 * statement names a catalog of Citus, which other databases do not have.
 */
export async function readIsDistributed(
  client: ClientBase,
  { timeoutMs }: { timeoutMs: number },
): Promise<boolean> {
  const { hasCitus } = await readRow<{ hasCitus: boolean }>(client, {
    text: `select exists (select from pg_extension where extname = 'citus') as "hasCitus"`,
    values: [],
    timeoutMs,
  })
  if (!hasCitus) return false
  const { isDistributed } = await readRow<{ isDistributed: boolean }>(client, {
    text: `select exists (select from pg_dist_partition
      where partmethod = 'h' and logicalrelid = to_regclass('payments')) as "isDistributed"`,
    values: [],
    timeoutMs,
  })
  return isDistributed
}

/** A session of PostgreSQL, as one statement saw it. */
export interface SeenSession {
  /** The process of PostgreSQL that ran the statement. */
  readonly backend: number
  /** The token of the session; empty: it has none. */
  readonly token: string
}

/**
 * Sets the settings of a session and its token, by one statement. PgBouncer refuses settings at the
 * start of a connection.
 *
 * @returns the values that PostgreSQL reports, in the order of the settings, and the session as it was
 *   before.
 */
export async function setSession(
  client: ClientBase,
  { token, settings, timeoutMs }: { token: string; settings: Settings; timeoutMs: number },
): Promise<SeenSession & { readonly values: readonly string[] }> {
  const names = Object.keys(settings)
  return await readRow(client, {
    // The columns of a row are computed from left to right: the token before it is replaced.
    text: `select pg_backend_pid() as backend, coalesce(current_setting('${tokenSetting}', true), '') as token,
      array(select set_config(name, ${inCluster}, false)
        from unnest($1::text[], $2::text[]) with ordinality as s (name, value, n) order by n) as values,
      set_config('${tokenSetting}', $3, false)`,
    values: [names, Object.values(settings), token],
    timeoutMs,
  })
}

/** Reads the session of the next transaction, with the values of the named settings. */
export async function readSession(
  client: ClientBase,
  { names, timeoutMs }: { names: readonly string[]; timeoutMs: number },
): Promise<SeenSession & { readonly values: readonly string[] }> {
  return await readRow(client, {
    text: `select pg_backend_pid() as backend, coalesce(current_setting('${tokenSetting}', true), '') as token,
      array(select current_setting(name)
        from unnest($1::text[]) with ordinality as s (name, n) order by n) as values`,
    values: [names],
    timeoutMs,
  })
}

async function readRow<T>(
  client: ClientBase,
  { timeoutMs, ...query }: { text: string; values: unknown[]; timeoutMs: number },
): Promise<T> {
  const timed = { ...query, query_timeout: timeoutMs }
  return (await client.query(timed)).rows[0] as T
}
