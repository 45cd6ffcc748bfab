import { type Check, fail } from './engine/check.ts'
import { checkClock, checkIds } from './engine/clock.ts'
import { checkConnections } from './engine/connections.ts'
import { checkDisk } from './engine/disk.ts'
import type { Diagnosis, Examined } from './engine/examined.ts'
import { readSettings } from './engine/settings.sql.ts'
import { checkDurability, checkSessions, checkStandbys, checkStructure } from './engine/settings.ts'
import { checkLiveMode } from './production/live-mode.ts'
import { checkCluster } from './tables/cluster.ts'
import { checkMigrations } from './tables/migrations.ts'
import { checkCancellations, checkDeliveries, checkTasks } from './tables/queues.ts'
import { checkSecrets } from './tables/secrets.ts'
import { checkPrivileges, checkWrite } from './tables/write.ts'

type Examine = (examined: Examined) => Promise<Check | Check[]> | Check | Check[]

/** The checks of any database, also of one without tables. */
const serverChecks: Readonly<Record<string, Examine>> = {
  durability: checkDurability,
  standbys: checkStandbys,
  session: checkSessions,
  connections: checkConnections,
  disk: checkDisk,
  database_clock: checkClock,
}

/** The checks that need the tables. */
const tableChecks: Readonly<Record<string, Examine>> = {
  write: checkWrite,
  privileges: checkPrivileges,
  structure: checkStructure,
  cluster: checkCluster,
  secrets: checkSecrets,
  ids: checkIds,
  tasks: checkTasks,
  webhooks: checkDeliveries,
  cancellations: checkCancellations,
}

/**
 * Checks a database: whether it can be written to, is safe, has the tables of this version, and does its
 * work. A check that fails does not keep the others from running. Nothing is left behind.
 */
export async function* diagnoseDatabase(diagnosis: Diagnosis): AsyncGenerator<Check> {
  const { pool, db } = diagnosis.database
  const migrations = await attempt('migrations', () => checkMigrations(db))
  yield* migrations
  const settings = await readSettings(pool).catch((error: Error) => error)
  if (settings instanceof Error) {
    yield unfinished('settings', settings)
    return
  }
  const examined = { ...diagnosis, settings }
  const isMigrated = migrations.every(({ status }) => status !== 'fail')
  const checks = {
    ...(isMigrated ? tableChecks : {}),
    ...serverChecks,
    ...(isMigrated && diagnosis.isProduction ? { live_mode: checkLiveMode } : {}),
  }
  for (const [name, examine] of Object.entries(checks)) {
    yield* await attempt(name, () => examine(examined))
  }
}

async function attempt(name: string, run: () => ReturnType<Examine>): Promise<Check[]> {
  try {
    return [await run()].flat()
  } catch (error) {
    return [unfinished(name, error as Error)]
  }
}

function unfinished(name: string, { message }: Error): Check {
  return fail(name, {
    found: `the check failed: ${message || 'no answer of the database'}`,
    expected: 'statements that succeed',
    action: "read PostgreSQL's log",
  })
}
