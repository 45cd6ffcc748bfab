import type { Sql } from '../support/databases/sql.ts'

/** Tables of request counts. They change also for refused requests, and with a delay. */
const counters = ['rate_counts']

/** Adds triggers that record every change of a row, by any statement. */
export async function auditTables(sql: Sql): Promise<void> {
  await sql.query('create table audit_of_tests (changed text not null)')
  await sql.query(`create function record_change() returns trigger language plpgsql as $$
    begin
      insert into audit_of_tests values (tg_op || ' ' || tg_table_name);
      return null;
    end $$`)
  const tables = await sql.query<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables
     where schemaname = 'public' and tablename <> all($1)`,
    [['audit_of_tests', ...counters]],
  )
  for (const { name } of tables) {
    await sql.query(`create trigger record_change after insert or update or delete on ${name}
      for each row execute function record_change()`)
  }
}

/** Committed changes since the last call, such as `INSERT events`, sorted. */
export async function takeChanges(sql: Sql): Promise<string[]> {
  const rows = await sql.query<{ changed: string }>('delete from audit_of_tests returning changed')
  return rows.map((row) => row.changed).sort()
}
