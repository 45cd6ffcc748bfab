import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Account } from '../../domain/account.ts'
import { sessionsOf } from '../sessions/sessions-of.ts'
import { findMisplaced, isUnplaced, readClusterState } from './state.sql.ts'

/**
 * Whether the tables are distributed over the nodes of a cluster. Few statements depend on it: those whose
 * text must name the merchant as a value, and those that lock rows of several merchants. The first connection
 * of the process finds it (`database/sessions/sessions.ts`).
 *
 * @throws {Error} before the first connection.
 */
export function isCluster<DB>(db: Kysely<DB>): boolean {
  return sessionsOf(db).isCluster
}

/**
 * Why a process must not serve requests on a database: its tables are only partly
 * distributed, or were distributed since the process started, or the database is on a worker. `null`: nothing is wrong.
 */
export async function findClusterProblem<DB>(db: Kysely<DB>): Promise<string | null> {
  const state = await readClusterState(db)
  if (isUnplaced(state)) {
    return isCluster(db) ? 'The tables are no longer distributed. Restart the server.' : null
  }
  if (!state.isCoordinator) return 'DATABASE_URL names a worker of a cluster. Name its coordinator.'
  const [first] = findMisplaced(state)
  if (first !== undefined) {
    return `The cluster is only partly set up: ${first}. Run hedge cluster init.`
  }
  return isCluster(db) ? null : 'The tables were distributed. Restart the server.'
}

/**
 * A condition on the rows `name` of a statement that joins them by columns: in a cluster, it names their
 * merchant and mode as values, so that Citus runs the statement on the node of that merchant. Empty on one
 * PostgreSQL, where a planner without statistics would read all rows of the merchant.
 */
export function onNode<DB>(
  db: Kysely<DB>,
  name: string,
  { merchantId, livemode }: Account,
): RawBuilder<unknown> {
  if (!isCluster(db)) return sql``
  return sql`and ${sql.ref(`${name}.merchant_id`)} = ${merchantId}
    and ${sql.ref(`${name}.livemode`)} = ${livemode}`
}
