import { type Kysely, sql } from 'kysely'

/** Requests of the present minute by caller, which all processes add to. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Unlogged: no commit waits for it, and what a crash loses is a minute's count. Only the primary
  // key is an index, so that a new count stays on its page.
  await sql`
    create unlogged table rate_counts (
      caller text primary key,
      window_start bigint not null,
      count integer not null
    ) with (fillfactor = 50)`.execute(db)
  await sql`insert into retention_tasks (kind) values ('rate_counts')`.execute(db)
}
