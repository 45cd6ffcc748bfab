import type { RawBuilder } from 'kysely'
import type { Database } from '../connect.ts'

/** Where a prepared statement runs. */
export type Statements = Pick<Database, 'db' | 'pool'>

/**
 * Runs a statement by itself, prepared once per connection. Its text must be the same at each call: what differs are
 * its parameters.
 *
 * @returns the rows.
 */
export async function runPrepared<Row>(
  { db, pool }: Statements,
  name: string,
  statement: RawBuilder<Row>,
): Promise<Row[]> {
  const { sql: text, parameters } = statement.compile(db)
  return (await pool.query<Row & object>({ name, text, values: [...parameters] })).rows
}
