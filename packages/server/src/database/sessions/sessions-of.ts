import type { Kysely } from 'kysely'
import type { Sessions } from './sessions.ts'

/** The sessions of each database, by an object that it shares with its transactions. */
const sessions = new WeakMap<object, Sessions>()

/** Lets `sessionsOf` find the sessions of a database and of its transactions. */
export function rememberSessions<DB>(db: Kysely<DB>, own: Sessions): void {
  sessions.set(db.getExecutor().adapter, own)
}

/**
 * The sessions of a database or of its transaction.
 *
 * @throws {Error} if `connect` did not make the database.
 */
export function sessionsOf<DB>(db: Kysely<DB>): Sessions {
  const found = sessions.get(db.getExecutor().adapter)
  if (!found) throw new Error('the database was not made by connect()')
  return found
}
