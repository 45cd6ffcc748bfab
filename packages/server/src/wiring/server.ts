import { type BundledPostgres, startBundledPostgres } from '@hedgepayments/bundled-postgres'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { connect, type Database } from '../database/connect.ts'
import { migrate } from '../database/migrate/migrate.ts'
import { bootstrap } from '../merchants/bootstrap.ts'
import { createProcessors } from '../processors/processors.ts'
import { Keyring } from '../sealing/keyring.ts'
import { createSealer } from '../sealing/sealer.ts'
import { startTracing } from '../tracing/start.ts'
import { createApp } from './app.ts'
import {
  type Credentials,
  credentialsFile,
  loadCredentials,
  type ShownCredentials,
  saveCredentials,
} from './banner.ts'
import type { Config } from './config.ts'
import { listen } from './listen.ts'
import { requireProxiesForLiveMode, sharesOneAddress } from './live-mode.ts'
import { explainUnreachable } from './unreachable-database.ts'
import { startWorkers } from './workers.ts'

/** A server that listens. */
export interface RunningServer {
  readonly url: string
  /** The test key pair, where this process may show it. */
  readonly credentials: ShownCredentials | null
  /** Finishes what is in flight, then stops the workers and the database it started. */
  stop(): Promise<void>
}

/**
 * Database, migrations, first keys, HTTP, workers: in this order, and back when it stops. `onKeys` is
 * told of keys that were made and that no later start can show, though this one may still fail.
 */
export async function startServer(
  config: Config,
  log: Logger,
  onKeys: (made: Credentials) => void,
): Promise<RunningServer> {
  // First of all: what is traced is decided where the rest is set up.
  const tracing = config.traces ? await startTracing(config.traces) : null
  const bundled = config.databaseUrl === null ? await startBundled(config, log) : null
  const url = config.databaseUrl ?? bundled?.url ?? ''
  const database = connect({
    url,
    onError: (error) => log.warn({ message: error.message }, 'an idle database connection broke'),
  })
  try {
    const server = await serve({ config, log, onKeys, database, bundled })
    return {
      ...server,
      async stop() {
        await server.stop()
        await tracing?.stop()
      },
    }
  } catch (error) {
    await database.close()
    await bundled?.stop()
    throw config.databaseUrl === null ? error : explainUnreachable(error, config.databaseUrl)
  }
}

async function startBundled(config: Config, log: Logger): Promise<BundledPostgres> {
  return await startBundledPostgres({
    dataDir: config.dataDir,
    log: (message) => log.info(message),
  })
}

async function serve({
  config,
  log,
  onKeys,
  database,
  bundled,
}: {
  config: Config
  log: Logger
  onKeys: (made: Credentials) => void
  database: Database
  bundled: BundledPostgres | null
}): Promise<RunningServer> {
  const reached = { publicUrl: config.publicUrl ?? '', trustedProxies: config.trustedProxies }
  const applied = await migrate(database)
  if (applied.length > 0) log.info({ migrations: applied }, 'the database was migrated')
  await requireProxiesForLiveMode(database.db, reached)
  if (sharesOneAddress(reached)) {
    log.warn('HEDGE_PUBLIC_URL is https but HEDGE_TRUSTED_PROXIES is not set: live mode is refused')
  }
  const credentials = await prepareKeys({
    config,
    database,
    isBundled: bundled !== null,
    onKeys,
  })

  let address = config.publicUrl ?? ''
  let requestsInFlight = () => 0
  const keys = [config.encryptionKey, config.encryptionKeyPrevious].filter((key) => key !== null)
  const sealer = createSealer(keys)
  const keyring = keys.length > 0 ? new Keyring(keys, 'processor credentials') : null
  const processors = createProcessors({
    db: database.db,
    publicUrl: () => address,
    keyring,
    stripe: config.stripe,
  })
  const workers = startWorkers({
    ...{ database, processors, fees: config.fees, sealer, log },
    privateNetworks: config.webhookPrivateNetworks,
    requestsInFlight: () => requestsInFlight(),
  })
  const app = await createApp({
    database,
    processors,
    trustedProxies: config.trustedProxies,
    log,
    sealer,
    keyring,
    publicUrl: () => address,
    privateNetworks: config.webhookPrivateNetworks,
    onWork: () => workers.nudge(),
  })
  const url = await listen(app, config).catch(async (error) => {
    // Before the database goes: what works in the background would report its loss.
    await workers.stop()
    throw error
  })
  address = config.publicUrl ?? url
  requestsInFlight = () => app.requestsInFlight()
  return {
    url,
    credentials,
    async stop() {
      await closeHttp(app)
      await workers.stop()
      await database.close()
      await bundled?.stop()
    },
  }
}

/** How often connections that have fallen idle are looked for, in milliseconds. */
const idleLookMs = 50

/**
 * Answers what is in flight and hangs up. A client that keeps its connections open would otherwise
 * hold up the stop: they are closed once when it begins, and those in use then fall idle later.
 */
async function closeHttp(app: FastifyInstance): Promise<void> {
  const timer = setInterval(() => app.server.closeIdleConnections(), idleLookMs)
  try {
    await app.close()
  } finally {
    clearInterval(timer)
  }
}

/** Makes the first key pair where there is none, and finds the one this process may print. */
async function prepareKeys({
  config,
  database,
  isBundled,
  onKeys,
}: {
  config: Config
  database: Database
  isBundled: boolean
  onKeys: (made: Credentials) => void
}): Promise<ShownCredentials | null> {
  const made = await bootstrap(database.db, {
    publishableKey: config.apiKey,
    secretKey: config.apiSecret,
  })
  if (config.apiSecret !== null) return null
  const file = isBundled ? credentialsFile(config.dataDir) : null
  if (!made) {
    const kept = isBundled ? await loadCredentials(config.dataDir) : null
    return kept && { ...kept, isNew: false, file }
  }
  const credentials = { publishableKey: made.publishable_key, secretKey: made.secret_key }
  if (isBundled) await saveCredentials(config.dataDir, credentials)
  else onKeys(credentials)
  return { ...credentials, isNew: true, file }
}
