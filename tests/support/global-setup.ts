import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startBundledPostgres } from '../../packages/bundled-postgres/src/start.ts'
import { throwAway } from './databases/throw-away.ts'
import { buildPrograms, type Programs } from './servers/build-programs.ts'
import { type SharedServers, startSharedServers } from './servers/shared-servers.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The shared cluster of this run, for `createDatabase` and `ensureTemplate`. */
    postgresAdminUrl: string
    /** The files that start the server, the CLI and the processes of tests. */
    programs: Programs
    /** The servers that test files share, for `withMerchant`. */
    sharedServers: SharedServers
    /** Where the first test file that needs the packed packages installs them. */
    packedFolder: string
  }
}

/** A run's folder has its process id in its name, so that a later run finds those of dead runs. */
const folderPattern = /^hedge-tests-(\d+)-/

/**
 * Starts a throw-away PostgreSQL, builds the programs and starts the shared servers for a vitest run.
 * The returned function stops and removes them after the last test.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeLeftovers()
  const dataDir = await mkdtemp(join(tmpdir(), `hedge-tests-${process.pid}-`))
  // At the same time: both wait for other processes and threads.
  const [starting, building] = await Promise.allSettled([start(dataDir), buildPrograms()])
  if (starting.status === 'rejected' || building.status === 'rejected') {
    if (starting.status === 'fulfilled') await starting.value.stop()
    if (building.status === 'fulfilled') await building.value.remove()
    await removeFolder(dataDir)
    const failed = [starting, building].flatMap((each) =>
      each.status === 'rejected' ? [each.reason] : [],
    )
    throw failed[0]
  }
  const cluster = starting.value
  const { remove: removePrograms, ...programs } = building.value
  project.provide('postgresAdminUrl', cluster.url)
  project.provide('programs', programs)
  const { stop, ...sharedServers } = await startSharedServers({
    adminUrl: cluster.url,
    program: programs.server,
  })
  project.provide('sharedServers', sharedServers)
  const packedFolder = join(dataDir, 'packed')
  project.provide('packedFolder', packedFolder)
  return async () => {
    await stop()
    await removePrograms()
    await cluster.stop()
    await removeFolder(dataDir)
  }
}

const start = (dataDir: string) =>
  startBundledPostgres({
    dataDir,
    log: () => undefined,
    settings: throwAway,
    isThrowAway: true,
  })

/** Stops the PostgreSQL of killed runs, and removes its data. `start` connects to one that still runs. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(folderPattern.exec(name)?.[1])
    if (!pid || isRunning(pid)) continue
    const dataDir = join(tmpdir(), name)
    // Fails if another run removes the same folder at the same time.
    const leftover = await start(dataDir).catch(() => undefined)
    if (!leftover) continue
    await leftover.stop()
    await removeFolder(dataDir)
  }
}

/** Removes a data folder. `postgres.location` names another folder if PostgreSQL's user could not use it. */
async function removeFolder(dataDir: string): Promise<void> {
  const elsewhere = await readFile(join(dataDir, 'postgres.location'), 'utf8').catch(
    () => undefined,
  )
  if (elsewhere) await rm(elsewhere.trim(), { recursive: true, force: true })
  await rm(dataDir, { recursive: true, force: true })
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
