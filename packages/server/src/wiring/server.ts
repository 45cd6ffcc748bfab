import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { saveCell } from '../cells/cell.sql.ts'
import { StoppedMerchants } from '../cells/stopped-merchants.ts'
import { isImportUnfinished } from '../copies/import.ts'
import { connect, type Database } from '../database/connect.ts'
import { describe } from '../database/errors.ts'
import { isMigrated, migrate } from '../database/migrate/migrate.ts'
import type { Loop } from '../jobs/loop.ts'
import { createProcessors } from '../processors/processors.ts'
import { Keyring } from '../sealing/keyring.ts'
import { createSealer } from '../sealing/sealer.ts'
import { startTracing } from '../tracing/start.ts'
import { answerProbes } from './answer-probes.ts'
import { createApp } from './app.ts'
import { type Credentials, type ShownCredentials, saveCredentials } from './banner.ts'
import type { Config } from './config.ts'
import { ConfigError } from './environment/read.ts'
import { prepareKeys } from './first-keys.ts'
import { listen } from './listen.ts'
import { requireSafeLiveMode, sharesOneAddress } from './live-mode.ts'
import { startWorkers } from './workers.ts'

/** A server that accepts requests. */
export interface RunningServer {
  /** Its address, such as `http://127.0.0.1:4000`. */
  readonly url: string
  /** The test key pair, if this process may print it: see `ShownCredentials`. */
  readonly credentials: ShownCredentials | null
  /** Answers the requests in flight, then stops the workers and the PostgreSQL that it started. */
  stop(): Promise<void>
}

interface DatabaseOptions {
  readonly config: Config
  readonly log: Logger
  readonly onKeys: (created: Credentials) => void
  readonly isBundled: boolean
  /** The address of the database. */
  readonly url: string
}

/**
 * Starts a server on a running database: tracing, migrations, first keys, workers and HTTP in this
 * order. On failure it stops again what it has started.
 *
 * @throws {ConfigError} when a setting is wrong, a port is in use, or live mode is not safe.
 */
export async function startOnDatabase(options: DatabaseOptions): Promise<RunningServer> {
  const { traces } = options.config
  // First, because later parts decide at their start whether they are traced.
  const tracing = traces ? await startTracing(traces) : null
  try {
    const server = await startUntraced(options)
    return {
      ...server,
      async stop() {
        await server.stop()
        await tracing?.stop()
      },
    }
  } catch (error) {
    await tracing?.stop()
    throw error
  }
}

/** Starts everything but tracing. On failure it disconnects. */
async function startUntraced(options: DatabaseOptions): Promise<RunningServer> {
  const { config, log, onKeys, isBundled, url } = options
  const database = connect({
    url,
    onError: (error) => log.warn({ message: error.message }, 'idle database connection failed'),
  })
  try {
    await prepareDatabase({ config, log, database })
    const credentials = await prepareKeys({ config, db: database.db, isBundled, onKeys })
    const http = await serve({ config, log, database })
    if (credentials?.file) await saveAddress({ config, log, credentials, url: http.url })
    return {
      url: http.url,
      credentials,
      async stop() {
        await http.stop()
        await database.close()
      },
    }
  } catch (error) {
    await database.close()
    throw error
  }
}

/** Stores the address beside the key pair, for the CLI. The server runs without it as well. */
async function saveAddress(given: {
  config: Config
  log: Logger
  credentials: Credentials
  url: string
}): Promise<void> {
  const { config, log, credentials, url } = given
  try {
    await saveCredentials(config.dataDir, credentials, url)
  } catch (error) {
    log.warn({ err: describe(error) }, 'storing the address for the command line failed')
  }
}

interface Parts {
  readonly config: Config
  readonly log: Logger
  readonly database: Database
}

async function prepareDatabase({ config, log, database }: Parts): Promise<void> {
  const reached = { publicUrl: config.publicUrl ?? '', trustedProxies: config.trustedProxies }
  await database.openFirst()
  await migrateWithProbes({ config, log, database })
  if (await isImportUnfinished(database)) {
    throw new ConfigError('An import into the database is not finished. Run hedge import again.')
  }
  const lossyCommits = database.lossyCommits()
  const isAllowed = config.asynchronousCommits === 'allow'
  await requireSafeLiveMode(database.db, {
    ...reached,
    lossyCommits: isAllowed ? null : lossyCommits,
  })
  if (lossyCommits !== null) {
    log.warn(`${lossyCommits}${isAllowed ? '' : ': live mode is refused'}`)
  }
  if (sharesOneAddress(reached)) {
    log.warn('HEDGE_PUBLIC_URL is https but HEDGE_TRUSTED_PROXIES is not set: live mode is refused')
  }
}

/** Migrates the database, and answers probes meanwhile. A free port that is not chosen yet has none. */
async function migrateWithProbes({ config, log, database }: Parts): Promise<void> {
  const isPending = !(await isMigrated(database.db))
  const stopProbes = isPending && config.port !== 0 ? await answerProbes(config) : null
  try {
    const applied = await migrate(database)
    if (applied.length > 0) log.info({ migrations: applied }, 'the database was migrated')
  } finally {
    await stopProbes?.()
  }
}

/** What the stored secrets are sealed for. */
const storedPurposes = ['processor credentials', 'webhook secret'] as const

/** Starts workers and HTTP. The public address is known once the server listens. */
async function serve({ config, log, database }: Parts) {
  let publicUrl = config.publicUrl ?? ''
  let requestsInFlight = () => 0
  const {
    trustedProxies,
    webhookPrivateNetworks: privateNetworks,
    fees,
    processorCallsMax,
  } = config
  const keys = [config.encryptionKey, config.encryptionKeyPrevious].filter((key) => key !== null)
  const sealer = createSealer(keys)
  const keyring = keys.length > 0 ? new Keyring(keys, 'processor credentials') : null
  const processors = createProcessors({
    db: database.db,
    publicUrl: () => publicUrl,
    keyring,
    stripe: config.stripe,
  })
  await saveCell(database.db, {
    publicUrl: config.publicUrl,
    encryptionKeyIds: storedPurposes.flatMap((purpose) =>
      keys.length > 0 ? new Keyring(keys, purpose).ids : [],
    ),
  })
  const stopped = new StoppedMerchants(database.keyDb)
  await stopped.read()
  const workers = startWorkers({
    ...{ database, processors, fees, processorCallsMax, sealer, log, privateNetworks },
    ...{ stopped, requestsInFlight: () => requestsInFlight() },
  })
  const app = await createApp({
    ...{ database, processors, fees, trustedProxies, log, sealer, keyring, privateNetworks },
    stopped,
    allowsLossyCommits: config.asynchronousCommits === 'allow',
    publicUrl: () => publicUrl,
    onWork: () => workers.nudge(),
  })
  const url = await listen(app, config).catch(async (error) => {
    // The caller closes the database next: running workers would log its loss.
    await workers.stop()
    throw error
  })
  publicUrl = config.publicUrl ?? url
  requestsInFlight = () => app.requestsInFlight()
  return { url, stop: () => stopServing(app, workers) }
}

async function stopServing(app: FastifyInstance, workers: Loop): Promise<void> {
  await closeHttp(app)
  await workers.stop()
}

/** Interval in milliseconds at which idle connections are closed during a stop. */
const closeIdleIntervalMs = 50

/**
 * Answers the requests in flight and closes all connections. Connections that become idle during the
 * stop are closed too: else a client with open connections would delay it.
 */
async function closeHttp(app: FastifyInstance): Promise<void> {
  const timer = setInterval(() => app.server.closeIdleConnections(), closeIdleIntervalMs)
  try {
    await app.close()
  } finally {
    clearInterval(timer)
  }
}
