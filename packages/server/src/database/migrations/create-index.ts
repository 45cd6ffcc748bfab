import { type Kysely, sql } from 'kysely'

/**
 * Makes an index while the table is written to, unless there is one: takes longer than a plain
 * `create index`, which would hold up every write meanwhile. What an attempt that was cut short has
 * left is of no use to PostgreSQL, and goes first. Only for migrations that are repeatable.
 *
 * @param definition what follows `create index concurrently <name> on`.
 */
export async function createIndexConcurrently(
  db: Kysely<unknown>,
  { name, definition }: { name: string; definition: string },
): Promise<void> {
  const { rows } = await sql<{ valid: boolean }>`
    select indisvalid as valid from pg_index where indexrelid = to_regclass(${name})`.execute(db)
  if (rows[0]?.valid === true) return
  // It waits for every transaction that is open, for as long as that takes, and keeps nobody off.
  await sql`set lock_timeout = 0`.execute(db)
  try {
    if (rows[0]) await sql`drop index concurrently ${sql.id(name)}`.execute(db)
    await sql`create index concurrently ${sql.id(name)} on ${sql.raw(definition)}`.execute(db)
  } finally {
    await sql`reset lock_timeout`.execute(db)
  }
}
