import type { ClientBase, QueryResultRow } from 'pg'
import type { Runner } from '../engine/settings.sql.ts'

/** A row that is inserted, read and deleted. The server never reads it. */
export interface TrialRow {
  readonly id: string
  readonly secret: Buffer
}

/** What every trial row has in its purpose. Rows of a doctor that was killed are deleted by the next. */
const purpose = 'hedge doctor'

/** Time in milliseconds for one statement, its commit included. */
const answerTimeoutMs = 10_000

/**
 * Inserts a row into a small table of the server, and commits. With `isLocal`, the commit does not wait
 * for a standby.
 *
 * @throws the errors of PostgreSQL, also if the commit takes more than ten seconds.
 */
export async function insertTrial(
  client: ClientBase,
  { row, isLocal }: { row: TrialRow; isLocal: boolean },
): Promise<void> {
  await commit(client, isLocal, () =>
    run(
      client,
      `insert into signing_keys (id, purpose, secret, created_at)
       values ($1, '${purpose} ' || $1, $2, now())`,
      [row.id, row.secret],
    ),
  )
}

/** Reads the row back; `null`: it is not there. */
export async function readTrial(client: ClientBase, id: string): Promise<Buffer | null> {
  const rows = await run<{ secret: Buffer }>(
    client,
    'select secret from signing_keys where id = $1',
    [id],
  )
  return rows[0]?.secret ?? null
}

/** Deletes the row, and rows of earlier runs that were killed. */
export async function deleteTrials(
  client: ClientBase,
  { id, isLocal }: { id: string; isLocal: boolean },
): Promise<void> {
  await commit(client, isLocal, () =>
    run(
      client,
      `delete from signing_keys where id = $1
         or (purpose like '${purpose} %' and created_at < now() - interval '1 hour')`,
      [id],
    ),
  )
}

/** Rows of a temporary table. They are a MiB, for which PostgreSQL has to find free space. */
const spaceRows = 20_000

/** Uses a MiB of the disk and frees it again. @throws the errors of PostgreSQL. */
export async function useSpace(client: ClientBase): Promise<void> {
  await run(client, 'begin')
  try {
    await run(
      client,
      `create temporary table hedge_doctor_space on commit drop as
         select md5(n::text) as text from generate_series(1, ${spaceRows}) n`,
    )
  } finally {
    await run(client, 'rollback')
  }
}

async function commit(
  client: ClientBase,
  isLocal: boolean,
  work: () => Promise<unknown>,
): Promise<void> {
  await run(client, 'begin')
  try {
    if (isLocal) await run(client, 'set local synchronous_commit = local')
    await work()
  } catch (error) {
    await run(client, 'rollback').catch(() => undefined)
    throw error
  }
  await run(client, 'commit')
}

async function run<Row extends QueryResultRow>(
  client: ClientBase,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const query = { text, values, query_timeout: answerTimeoutMs }
  return (await client.query<Row>(query)).rows
}

/** A privilege that the role lacks, such as `insert on payments`. */
export type MissingPrivilege = string

/**
 * Finds the privileges that the server needs and its role lacks. It never deletes or changes the books,
 * so a role may lack those privileges on purpose. Tables of extensions do not count.
 */
export async function findMissingPrivileges(runner: Runner): Promise<MissingPrivilege[]> {
  const { rows } = await runner.query<{ missing: string }>(
    // `case` decides first: the functions refuse objects of another kind.
    `with relations as (
       select c.oid, c.relname::text as name, c.relkind from pg_class c
       where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p', 'S')
         and c.relname <> 'hedge_import'
         and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
     )
     select lower(privilege) || ' on ' || name as missing
     from relations, unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'USAGE']) as privilege
     where case
         when relkind = 'S' and privilege = 'USAGE' then not has_sequence_privilege(oid, privilege)
         when relkind <> 'S' and privilege <> 'USAGE' then not has_table_privilege(oid, privilege)
       end
       and not (privilege = 'DELETE' and name in
         ('payments', 'events', 'refunds', 'disputes', 'ledger_transfers', 'hedge_migrations'))
       and not (privilege = 'UPDATE' and name in ('events', 'ledger_transfers', 'hedge_migrations'))
     union all
     select 'execute on ' || p.proname from pg_proc p
     where p.pronamespace = current_schema()::regnamespace
       and not has_function_privilege(p.oid, 'EXECUTE')
     order by 1`,
  )
  return rows.map(({ missing }) => missing)
}
