import type { Sql } from './sql.ts'

/** Creates functions and triggers, or drops them. On a cluster they are on each shard. */
export async function changeTriggers(
  sql: Pick<Sql, 'connect'>,
  ...statements: string[]
): Promise<void> {
  const client = await sql.connect()
  try {
    // A cluster changes triggers only with this setting. One PostgreSQL ignores it.
    await client.query("set citus.enable_unsafe_triggers = 'on'")
    for (const statement of statements) await client.query(statement)
  } finally {
    // With its setting.
    client.release(true)
  }
}
