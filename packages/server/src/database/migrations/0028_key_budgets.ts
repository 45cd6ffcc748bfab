import { type Kysely, sql } from 'kysely'
import { createIndexConcurrently } from './create-index.ts'

export const isRepeatable = true

/** The limits that a key shares with the keys it descends from, and the sessions of one key. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Copied from the maker when a key is made: limits never change, so that a look-up of a key
  // needs no walk through the tree. Null: the operator made the key.
  await sql`
    alter table api_keys
      add column if not exists budget_names text[],
      add column if not exists budget_limits integer[]`.execute(db)
  await createIndexConcurrently(db, {
    name: 'dashboard_sessions_key',
    definition: 'dashboard_sessions (key_id, created_at)',
  })
}
