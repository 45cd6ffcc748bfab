import { sql } from 'kysely'
import type { Db } from '../db.ts'
import { isCanceled } from './step-size.ts'

/**
 * Runs statements that may take too long, and ends the first one that takes longer than `ms`
 * milliseconds. A transaction goes on in both cases.
 *
 * @returns `null` where it ended one: PostgreSQL logs a canceled statement then.
 */
export async function tryWithin<T>(
  db: Db,
  ms: number,
  read: (db: Db) => Promise<T>,
): Promise<T | null> {
  try {
    return db.isTransaction
      ? await inSavepoint(db, ms, read)
      : await db.transaction().execute(async (tx) => {
          await limitStatements(tx, String(ms))
          return await read(tx)
        })
  } catch (error) {
    if (isCanceled(error)) return null
    throw error
  }
}

async function inSavepoint<T>(tx: Db, ms: number, read: (db: Db) => Promise<T>): Promise<T> {
  const { rows } = await sql<{ limit: string }>`
    select current_setting('statement_timeout') as limit`.execute(tx)
  await sql`savepoint within_time`.execute(tx)
  try {
    await limitStatements(tx, String(ms))
    const result = await read(tx)
    // Before the release: if this statement is ended too, the savepoint is still there.
    await limitStatements(tx, rows[0]?.limit ?? '0')
    await sql`release savepoint within_time`.execute(tx)
    return result
  } catch (error) {
    // It also restores the setting.
    await sql`rollback to savepoint within_time`.execute(tx)
    throw error
  }
}

async function limitStatements(tx: Db, limit: string): Promise<void> {
  await sql`select set_config('statement_timeout', ${limit}, true)`.execute(tx)
}
