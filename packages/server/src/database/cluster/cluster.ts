import { type Kysely, type KyselyPlugin, type RawBuilder, sql } from 'kysely'
import type { Account } from '../../domain/account.ts'
import type { Database } from '../connect.ts'
import { findMisplaced, isUnplaced, readClusterState } from './state.sql.ts'

/** Changes nothing. A connection that has it, and each of its transactions, belongs to a cluster. */
const marker: KyselyPlugin = {
  transformQuery: ({ node }) => node,
  transformResult: ({ result }) => Promise.resolve(result),
}

/**
 * Whether the tables are distributed over the nodes of a cluster. Few statements depend on it: those whose
 * text must name the merchant as a value, and those that lock rows of several merchants.
 */
export function isCluster<DB>(db: Kysely<DB>): boolean {
  return db.getExecutor().plugins.includes(marker)
}

/** The database as `isCluster` recognizes it. Call it once, after the migrations. */
export async function recognizeCluster(database: Database): Promise<Database> {
  const state = await readClusterState(database.db)
  if (isUnplaced(state)) return database
  return {
    ...database,
    db: database.db.withPlugin(marker),
    readDb: database.readDb.withPlugin(marker),
    keyDb: database.keyDb.withPlugin(marker),
  }
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
