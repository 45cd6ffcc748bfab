import type { ClientBase } from 'pg'
import type { SequenceState, TableCopy } from './manifest.ts'

/** A table with its columns, without generated ones. */
export type Table = Pick<TableCopy, 'name' | 'columns'>

/** The table that remembers which tables an unfinished import has completed. */
export const progressTable = 'hedge_import'
/** The list of migrations is written by the migration of the other database. */
const ownTables = ['hedge_migrations', progressTable]

/**
 * Makes the text of a row the same on every server, whatever its settings are, for the rest of the
 * transaction, and lets statements take as long as they need.
 */
export async function fixFormats(client: ClientBase): Promise<void> {
  await client.query(`
    set local client_encoding = 'UTF8'; set local timezone = 'UTC'; set local datestyle = 'ISO, YMD';
    set local intervalstyle = 'postgres'; set local bytea_output = 'hex';
    set local extra_float_digits = 1; set local statement_timeout = 0; set local lock_timeout = 0;
    set local idle_in_transaction_session_timeout = 0`)
}

/** The names of the applied migrations, in order. Empty: the database has none. */
export async function findMigrations(client: ClientBase): Promise<string[]> {
  const { rows: found } = await client.query(
    `select to_regclass('hedge_migrations') is not null as exists`,
  )
  if (!found[0]?.exists) return []
  const { rows } = await client.query<{ name: string }>(
    'select name from hedge_migrations order by name collate "C"',
  )
  return rows.map(({ name }) => name)
}

/**
 * All tables with data. A table follows those that its foreign keys refer to. Tables of extensions, and
 * tables whose names no table of Hedge has, are left out.
 */
export async function findTables(client: ClientBase): Promise<Table[]> {
  const { rows } = await client.query<Table & { refers_to: string[] }>(
    `select c.relname as name,
       (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
          and a.attgenerated = '') as columns,
       array(select distinct t.relname::text from pg_constraint k
         join pg_class t on t.oid = k.confrelid
         where k.conrelid = c.oid and k.contype = 'f' and k.confrelid <> c.oid) as refers_to
     from pg_class c
     where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
       and not c.relispartition and c.relname <> all($1::text[])
       and c.relname ~ '^[a-z_][a-z0-9_]*$' and not exists (
         select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
           and d.deptype = 'e')
     order by c.relname collate "C"`,
    [ownTables],
  )
  const sorted: Table[] = []
  const left = new Map(rows.map((row) => [row.name, row]))
  while (left.size > 0) {
    const next = [...left.values()].find((row) => row.refers_to.every((name) => !left.has(name)))
    if (!next) throw new Error(`tables refer to each other: ${[...left.keys()].join(', ')}`)
    left.delete(next.name)
    sorted.push({ name: next.name, columns: next.columns })
  }
  return sorted
}

/**
 * Counts the rows of a table, and computes a hash of them that does not depend on their order: the sum
 * of the rows' hashes. Two tables with the same rows have the same sum on any version of PostgreSQL.
 */
export async function measureTable(
  client: ClientBase,
  table: Table,
): Promise<Pick<TableCopy, 'rows' | 'hash'>> {
  const { rows } = await client.query<{ count: string; hash: string }>(
    hashOfRows(`select ${listOf(table)} from "${table.name}"`),
  )
  return { rows: Number(rows[0]?.count), hash: rows[0]?.hash ?? '' }
}

/** A statement that counts the rows of another one, and sums their hashes: `count` and `hash`, two sums. */
export function hashOfRows(select: string): string {
  const half = (from: number) =>
    `coalesce(sum(('x' || substr(h, ${from}, 16))::bit(64)::bigint::numeric), 0)`
  return `select count(*)::text as count, ${half(1)}::text || '/' || ${half(17)}::text as hash
     from (select md5(t::text) as h from (${select}) t) hashed`
}

/** The columns of a table, for a statement. */
export function listOf({ columns }: Table): string {
  return columns.map((column) => `"${column}"`).join(', ')
}

/** The states of all sequences. A sequence may be ahead of a snapshot: its numbers are not used twice. */
export async function findSequences(client: ClientBase): Promise<SequenceState[]> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class
     where relnamespace = current_schema()::regnamespace and relkind = 'S'
     order by relname collate "C"`,
  )
  const states: SequenceState[] = []
  for (const { name } of rows) {
    const found = await client.query<{ last: string; called: boolean }>(
      `select last_value::text as last, is_called as called from "${name}"`,
    )
    const [state] = found.rows
    if (state) states.push({ name, last: state.last, isCalled: state.called })
  }
  return states
}

/** Sets the sequences. */
export async function setSequences(
  client: ClientBase,
  states: readonly SequenceState[],
): Promise<void> {
  for (const { name, last, isCalled } of states) {
    await client.query('select setval($1::regclass, $2::bigint, $3)', [name, last, isCalled])
  }
}
