import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startBundledPostgres } from '../../packages/bundled-postgres/src/start.ts'
import { throwAway } from './databases/throw-away.ts'
import { buildPrograms } from './servers/build-programs.ts'
import { type SharedServers, startSharedServers } from './servers/shared-servers.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The shared cluster of this run, for `createDatabase` and `ensureTemplate`. */
    postgresAdminUrl: string
    /** The files that start the server and the CLI, for `startServer` and `hedge`. */
    programs: { readonly server: string; readonly cli: string }
    /** The servers that test files share, for `withMerchant`. */
    sharedServers: SharedServers
    /** Where the first test file that needs the packed packages installs them. */
    packedFolder: string
  }
}

/** The folders of runs are named after their process, so that a later one can tell what is left over. */
const folderPattern = /^hedge-tests-(\d+)-/

/**
 * Starts one throw-away PostgreSQL, builds the programs and starts the shared servers for a vitest run. Removes all of
 * them after the last test.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeLeftovers()
  const dataDir = await mkdtemp(join(tmpdir(), `hedge-tests-${process.pid}-`))
  const cluster = await start(dataDir).catch(async (cause) => {
    await removeFolder(dataDir)
    throw cause
  })
  const { remove: removePrograms, ...programs } = await buildPrograms()
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
  startBundledPostgres({ dataDir, log: () => undefined, settings: throwAway })

/** A run that was killed leaves its PostgreSQL behind: it is taken over, and stopped. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(folderPattern.exec(name)?.[1])
    if (!pid || isRunning(pid)) continue
    const dataDir = join(tmpdir(), name)
    // Another run may be clearing it away as well, and win.
    const leftover = await start(dataDir).catch(() => undefined)
    if (!leftover) continue
    await leftover.stop()
    await removeFolder(dataDir)
  }
}

/** Where the system's temporary folder is closed to PostgreSQL's user, its data is elsewhere. */
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
