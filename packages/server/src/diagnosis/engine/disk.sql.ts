import type { Runner } from './settings.sql.ts'

/** The size of the database with its indexes. */
export async function readDatabaseBytes(runner: Runner): Promise<number> {
  const { rows } = await runner.query<{ bytes: number }>(
    'select pg_database_size(current_database())::double precision as bytes',
  )
  return rows[0]?.bytes ?? 0
}
