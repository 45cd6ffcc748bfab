import { findMisplaced, isUnplaced, readClusterState } from '../../database/cluster/state.sql.ts'
import { type Check, countOf, fail, ok, warn } from '../engine/check.ts'
import type { Examined } from '../engine/examined.ts'

/** Checks that the tables are on one PostgreSQL, or distributed as `hedge cluster init` does it. */
export async function checkCluster({ database }: Pick<Examined, 'database'>): Promise<Check[]> {
  const name = 'cluster'
  const state = await readClusterState(database.db)
  if (state.version === null) return []
  const misplaced = findMisplaced(state)
  if (misplaced.length === 0 && state.isCoordinator) {
    return [ok(name, `Citus ${state.version}, ${countOf(state.workers, 'worker')}`)]
  }
  if (!state.isCoordinator) {
    return [
      fail(name, {
        found: 'a worker of a cluster',
        expected: 'the coordinator',
        action: 'set DATABASE_URL to the coordinator',
      }),
    ]
  }
  if (isUnplaced(state)) {
    return [
      warn(name, {
        found: `Citus ${state.version} with ${countOf(state.workers, 'worker')}, and tables that are not distributed`,
        expected: 'distributed tables, or no extension citus',
        action: 'stop the servers and run hedge cluster init',
      }),
    ]
  }
  return [
    fail(name, {
      found: misplaced.join('; '),
      expected: 'the tables as hedge cluster init places them',
      action: 'run hedge cluster init, which says what to undo',
    }),
  ]
}
