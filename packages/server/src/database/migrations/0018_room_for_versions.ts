import { type Kysely, sql } from 'kysely'

/**
 * Pages of payments are filled by half. A bulk cancel makes a second version of every payment of a page
 * before the first ones may go; with less room half of them went to another page and into every
 * index, which took twice as long (bench/README.md). Pages that are full already stay as they are.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table payments set (fillfactor = 50)`.execute(db)
}
