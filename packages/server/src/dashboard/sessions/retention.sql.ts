import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'

/** Sessions deleted in one step. */
const deletedPerStep = 1_000

/** Deletes expired sessions. Returns whether there may be more. */
export async function dropEndedSessions(db: Db): Promise<boolean> {
  const { rows } = await sql`
    delete from dashboard_sessions where token_hash in (
      select token_hash from dashboard_sessions where expires_at <= now()
      order by expires_at limit ${deletedPerStep} for update skip locked)
    returning key_id`.execute(db)
  return rows.length === deletedPerStep
}
