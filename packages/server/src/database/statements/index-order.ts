import { type Kysely, sql } from 'kysely'

/**
 * For the rest of a transaction, makes PostgreSQL read queues in the order of their index. Statistics of
 * a queue are out of date: if the planner expects few rows, it collects the whole queue in a bitmap
 * and sorts it, to return a few rows.
 */
export async function readInIndexOrder<Schema>(tx: Kysely<Schema>): Promise<void> {
  await sql`set local enable_bitmapscan = off`.execute(tx)
}
