import type { Kysely } from 'kysely'
import type { Database } from '../connect.ts'
import type { Schema } from '../schema.ts'
import { coordinatorSettings, workerSettings } from '../sessions/settings.ts'
import {
  addForeignKey,
  addTrigger,
  allowDistribution,
  distribute,
  dropForeignKey,
  dropLocalRows,
  dropTrigger,
  findForeignKeys,
  findTriggers,
  makeReference,
  setDefaults,
} from './init.sql.ts'
import { claimPositionsOnCoordinator } from './positions.sql.ts'
import { type ClusterState, findMisplaced, isUnplaced, readClusterState } from './state.sql.ts'
import { type Placement, placements } from './tables.ts'

/** A database that cannot be made a cluster as it is. The message says why, and what to do. */
export class ClusterError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ClusterError'
  }
}

/** What `initCluster` found or did. */
export interface InitiatedCluster {
  readonly version: string
  readonly workers: number
  /** Whether this call has distributed the tables. */
  readonly isNew: boolean
}

/**
 * Distributes the tables of a migrated database over the workers of its Citus cluster, with their rows,
 * in one transaction: after a failure or a crash the database is as before. A distributed database stays as
 * it is. The nodes get their settings in both cases, so run it again when a worker was added.
 *
 * @throws {ClusterError} where the extension or the nodes for shards are missing, or the tables were distributed in
 *   another way.
 */
export async function initCluster({
  withLongStatements,
}: Pick<Database, 'withLongStatements'>): Promise<InitiatedCluster> {
  return await withLongStatements(async (db) => {
    const state = await readClusterState(db)
    const version = requireNodes(state)
    const misplaced = findMisplaced(state)
    const isNew = misplaced.length > 0
    if (isNew && !isUnplaced(state)) throw new ClusterError(explainMisplaced(misplaced))
    if (isNew) await db.transaction().execute(placeTables)
    await setNodeDefaults(db)
    return { version, workers: state.workers, isNew }
  })
}

/** A sentence about tables that are not where they belong. */
function explainMisplaced(misplaced: readonly string[]): string {
  const [first, ...others] = misplaced
  const rest = others.length === 0 ? '' : `, and ${others.length} more`
  return `The tables are distributed in another way: ${first}${rest}. Undo it with undistribute_table(…, cascade_via_foreign_keys => true), then run this command again.`
}

/** @returns the version of Citus. */
function requireNodes(state: ClusterState): string {
  if (state.version === null) {
    throw new ClusterError(
      'The database has no extension citus. Run create extension citus on the coordinator and on each worker.',
    )
  }
  if (!state.isCoordinator) {
    throw new ClusterError('This node is a worker. Run the command on the coordinator.')
  }
  if (!state.hasCoordinatorAddress) {
    throw new ClusterError(
      "The coordinator has no address. Run select citus_set_coordinator_host('<its host>', <its port>).",
    )
  }
  if (state.workers === 0 && !state.hasShardsOnCoordinator) {
    throw new ClusterError(
      "The cluster has no workers. Run select citus_add_node('<host>', <port>) for each worker. Or start with one node: run select citus_set_node_property('<its host>', <its port>, 'shouldhaveshards', true).",
    )
  }
  return state.version
}

/** @throws {ClusterError} where a node refuses a setting. */
async function setNodeDefaults(db: Kysely<Schema>): Promise<void> {
  const problem =
    (await setDefaults(db, { on: 'coordinator', settings: coordinatorSettings })) ??
    (await setDefaults(db, { on: 'workers', settings: workerSettings }))
  if (problem !== null) throw new ClusterError(`A node refuses its settings: ${problem}`)
}

async function placeTables(tx: Kysely<Schema>): Promise<void> {
  await allowDistribution(tx)
  const [foreignKeys, triggers] = [await findForeignKeys(tx), await findTriggers(tx)]
  for (const part of foreignKeys) await dropForeignKey(tx, part)
  for (const part of triggers) await dropTrigger(tx, part)
  await claimPositionsOnCoordinator(tx)
  for (const table of tablesOf('reference')) await makeReference(tx, table)
  for (const table of tablesOf('distributed')) await distribute(tx, table)
  for (const table of [...tablesOf('reference'), ...tablesOf('distributed')]) {
    await dropLocalRows(tx, table)
  }
  for (const part of foreignKeys) await addForeignKey(tx, part)
  for (const part of triggers) await addTrigger(tx, part)
}

function tablesOf(placement: Placement): string[] {
  return Object.keys(placements).filter((name) => placements[name] === placement)
}
