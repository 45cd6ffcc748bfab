import { type Kysely, sql } from 'kysely'

/**
 * Creates an index without blocking writes, unless the index exists. It takes longer than a plain
 * `create index`, which blocks every write. An invalid index that an interrupted attempt left
 * behind is dropped first. Only for repeatable migrations.
 *
 * @param definition the text after `create index concurrently <name> on`.
 */
export async function createIndexConcurrently(
  db: Kysely<unknown>,
  { name, definition }: { name: string; definition: string },
): Promise<void> {
  const { rows } = await sql<{ valid: boolean }>`
    select indisvalid as valid from pg_index where indexrelid = to_regclass(${name})`.execute(db)
  if (rows[0]?.valid === true) return
  // The statement waits for every open transaction, for any time, and blocks no other statement.
  await sql`set lock_timeout = 0`.execute(db)
  try {
    if (rows[0]) await sql`drop index concurrently ${sql.id(name)}`.execute(db)
    await sql`create index concurrently ${sql.id(name)} on ${sql.raw(definition)}`.execute(db)
  } finally {
    await sql`reset lock_timeout`.execute(db)
  }
}
