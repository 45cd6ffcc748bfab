import { type Kysely, sql } from 'kysely'

/**
 * For the rest of a transaction, has the next rows of a queue read from its index, in the order of
 * that. Of a queue the planner knows little: expecting a handful of rows, it would collect all that
 * are left in it (a bitmap), and sort them, for the few that are wanted.
 */
export async function readInIndexOrder<Schema>(tx: Kysely<Schema>): Promise<void> {
  await sql`set local enable_bitmapscan = off`.execute(tx)
}
