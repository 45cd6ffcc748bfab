import { type BundledPostgres, startBundledPostgres } from '@hedgepayments/bundled-postgres'
import type { Logger } from 'pino'
import type { Credentials } from '../banner.ts'
import type { Config } from '../config.ts'
import type { RunningServer } from '../server.ts'
import { explainUnreachable } from './unreachable-database.ts'

/**
 * What becomes of the bundled PostgreSQL when the server's process is killed. `kept`: it goes on, and
 * the next start takes it over. `ends-with-process`: it shuts down. `throw-away`: it shuts down, and it
 * does not wait for the disk, so a power cut may lose its data.
 */
export type BundledDatabase = 'kept' | 'ends-with-process' | 'throw-away'

export interface StartServerOptions {
  readonly config: Config
  readonly log: Logger
  /** Gets new keys that no later start can print. The start may still fail afterwards. */
  readonly onKeys: (created: Credentials) => void
  readonly bundledDatabase: BundledDatabase
}

/**
 * Starts the bundled PostgreSQL, if no other database is set, and a server on it. On failure it stops
 * again what it has started.
 *
 * @throws {ConfigError} when a setting is wrong, a port is in use, or the database is unreachable.
 */
export async function startServer(options: StartServerOptions): Promise<RunningServer> {
  const { config, log, onKeys } = options
  // Loading the server's modules takes about as long as starting PostgreSQL, and both run at once.
  const [bundled, { startOnDatabase }] = await Promise.all([
    config.databaseUrl === null ? startBundled(options) : null,
    import('../server.ts'),
  ])
  try {
    const server = await startOnDatabase({
      ...{ config, log, onKeys, isBundled: bundled !== null },
      url: config.databaseUrl ?? bundled?.url ?? '',
    })
    return {
      ...server,
      async stop() {
        await server.stop()
        await bundled?.stop()
      },
    }
  } catch (error) {
    await bundled?.stop()
    throw config.databaseUrl === null ? error : explainUnreachable(error, config.databaseUrl)
  }
}

/** A throw-away cluster need not survive a power cut. */
const throwAwaySettings = { fsync: 'off', full_page_writes: 'off' }

async function startBundled({
  config,
  log,
  bundledDatabase,
}: StartServerOptions): Promise<BundledPostgres> {
  return await startBundledPostgres({
    dataDir: config.dataDir,
    log: (message) => log.info(message),
    endsWithProcess: bundledDatabase !== 'kept',
    isThrowAway: bundledDatabase === 'throw-away',
    settings: bundledDatabase === 'throw-away' ? throwAwaySettings : {},
  })
}
