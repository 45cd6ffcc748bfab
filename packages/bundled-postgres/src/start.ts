import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { BundledPostgresError } from './failure.ts'
import { type Binaries, prepareBinaries, removeOldCopies } from './files/binaries.ts'
import { ensureCluster } from './files/cluster.ts'
import { give, type Home, makePrivate, openHome } from './files/home.ts'
import { type Listening, socketPath, writeSettings } from './files/settings.ts'
import { addressOf, ensureDatabase, takeLock } from './lock.ts'
import {
  findPostmaster,
  type Postmaster,
  startPostmaster,
  stopPostmaster,
} from './processes/postmaster.ts'
import { startWatchdog } from './processes/watchdog.ts'

type BundledPostgresOptions = {
  /** HEDGE_DATA_DIR: relative or absolute, created if missing. The cluster is in `postgres` below it. */
  dataDir: string
  /** Receives sentences for operators: where the data is, what was repaired. */
  log: (message: string) => void
  /** Listens on this port of 127.0.0.1 as well. Without it there is no TCP, except on Windows. */
  port?: number
  /** Settings that override the package's own, for throw-away clusters. */
  settings?: Record<string, string>
  /** Whether PostgreSQL shuts down when this process is killed. Default: it goes on. */
  endsWithProcess?: boolean
  /** Whether a new cluster need not survive a power cut: initdb then does not wait for the disk. */
  isThrowAway?: boolean
}

export type BundledPostgres = {
  /** The database `hedge`, for `new pg.Pool({ connectionString })`. The URL contains the password. */
  url: string
  /** Shuts PostgreSQL down and resolves when it has ended. A second call gets the same result. */
  stop(): Promise<void>
}

/** How long a PostgreSQL may give no answer before it is stopped and started again. */
const silenceMs = 20_000

/** The shorter of what Linux (107) and macOS (103) allow in the path of a socket. */
const socketPathBytesMax = 103

/**
 * Starts the PostgreSQL of a data folder, or takes over a PostgreSQL that outlived a killed server, and
 * restarts it when it dies. The cluster belongs to this process until `stop`.
 *
 * @throws {BundledPostgresError} with PostgreSQL's own message, when it cannot be used.
 */
export async function startBundledPostgres(
  options: BundledPostgresOptions,
): Promise<BundledPostgres> {
  const home = await openHome(options.dataDir, options.log)
  const binaries = await prepareBinaries({
    home: home.folder,
    account: home.account,
    log: options.log,
  })
  await ensureCluster(home, binaries, { isThrowAway: options.isThrowAway ?? false })
  const listening = await chooseListening(home, options.port)
  const cluster = { home, binaries, listening, settings: options.settings ?? {} }
  const first = await acquire(cluster).catch(async (cause) => {
    await removeTemporary(home, listening.socketFolder)
    throw cause
  })
  const { socketFolder, port } = first.postmaster
  // Pools keep the address of the running PostgreSQL, so a restart has to listen there again.
  if (socketFolder !== listening.socketFolder) await removeTemporary(home, listening.socketFolder)
  const kept: Listening = {
    socketFolder,
    tcpPort: listening.tcpPort === undefined ? undefined : port,
  }
  const stopPostgres = keepRunning({ ...cluster, listening: kept }, first.lock, options.log)
  const watchdog = options.endsWithProcess ? startWatchdog(home, binaries) : undefined
  const stop = async () => {
    // It must not stop a PostgreSQL that another process starts afterwards.
    await watchdog?.dismiss()
    await stopPostgres()
  }
  return { url: addressOf(home, first.postmaster), stop }
}

type Cluster = {
  home: Home
  binaries: Binaries
  listening: Listening
  settings: Record<string, string>
}

type Acquired = { lock: pg.Client; postmaster: Postmaster }

/** Returns a running PostgreSQL that belongs to this process, or throws an error that names its owner. */
async function acquire(cluster: Cluster): Promise<Acquired> {
  const { home, binaries } = cluster
  let deadline = Date.now() + silenceMs
  for (;;) {
    const postmaster = await findPostmaster(home)
    if (!postmaster) {
      await prepareToStart(cluster)
      const obstacle = await startPostmaster(cluster)
      if (obstacle === undefined) deadline = Date.now() + silenceMs
      if (Date.now() <= deadline) continue
      throw new BundledPostgresError(`PostgreSQL in ${home.folder} did not start:\n${obstacle}`)
    }
    try {
      const lock = await takeLock(home, postmaster)
      await ensureDatabase(lock, home)
      return { lock, postmaster }
    } catch (cause) {
      if (cause instanceof BundledPostgresError) throw cause
      const { code } = cause as { code?: string }
      if (code === '28P01') {
        throw new BundledPostgresError(
          `PostgreSQL in ${home.folder} refuses the password in ${join(home.folder, 'password')}.`,
          { cause },
        )
      }
      // 57P03: PostgreSQL reports that it starts, recovers or shuts down. Each of these ends.
      if (code === '57P03') deadline = Date.now() + silenceMs
      if (Date.now() > deadline) {
        await stopPostmaster(home, binaries)
        deadline = Date.now() + silenceMs
      }
      await sleep(20)
    }
  }
}

async function prepareToStart(cluster: Cluster): Promise<void> {
  const { home, binaries, listening, settings } = cluster
  await removeOldCopies(home.folder, binaries)
  await makePrivate(join(home.folder, 'log'), home.account)
  if (listening.socketFolder) await makePrivate(listening.socketFolder, home.account)
  await writeSettings({ home: home.folder, listening, settings })
}

/**
 * Restarts PostgreSQL when it dies or loses its sessions: then the connection of the lock ends.
 *
 * @returns a function that stops PostgreSQL.
 */
function keepRunning(
  cluster: Cluster,
  first: pg.Client,
  log: (message: string) => void,
): () => Promise<void> {
  const { home, binaries, listening } = cluster
  let lock: pg.Client | undefined
  let recovery: Promise<void> = Promise.resolve()
  let stopped: Promise<void> | undefined

  const watch = (client: pg.Client) => {
    lock = client
    client.once('end', () => {
      lock = undefined
      if (!stopped) recovery = recover()
    })
  }
  const recover = async () => {
    log('The bundled PostgreSQL ended, or dropped its connections: restarting it.')
    for (let delayMs = 50; !stopped; delayMs = Math.min(delayMs * 2, 5000)) {
      try {
        watch((await acquire(cluster)).lock)
        log('The bundled PostgreSQL is up again.')
        return
      } catch (cause) {
        log(`The bundled PostgreSQL is not up yet: ${(cause as Error).message}`)
        await sleep(delayMs)
      }
    }
  }
  const stop = async () => {
    await recovery
    // Only the server with the lock may stop PostgreSQL. It keeps the lock until PostgreSQL has ended.
    const postmaster = await findPostmaster(home)
    if (!postmaster) return
    lock ??= await takeLock(home, postmaster).catch(() => undefined)
    if (!lock) return
    await stopPostmaster(home, binaries)
    await removeTemporary(home, listening.socketFolder)
  }
  watch(first)
  return () => {
    stopped ??= stop()
    return stopped
  }
}

async function chooseListening(home: Home, port: number | undefined): Promise<Listening> {
  if (process.platform === 'win32') {
    return { socketFolder: undefined, tcpPort: port ?? (await findFreePort()) }
  }
  const inside = { socketFolder: join(home.folder, 'run'), tcpPort: port }
  if (fits(inside)) return inside
  const usual = join(tmpdir(), 'hedge-payments-')
  const name = fits({ socketFolder: `${usual}XXXXXX`, tcpPort: port })
    ? usual
    : '/tmp/hedge-payments-'
  const socketFolder = await mkdtemp(name)
  await give(socketFolder, home.account)
  return { socketFolder, tcpPort: port }
}

const fits = (listening: Listening): boolean =>
  Buffer.byteLength(socketPath(listening) ?? '') <= socketPathBytesMax

/** Removes the folder of the socket, if it is a temporary folder outside the home. */
async function removeTemporary(home: Home, folder: string | undefined): Promise<void> {
  if (folder && folder !== join(home.folder, 'run')) {
    await rm(folder, { recursive: true, force: true })
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address === 'object' && address) return address.port
  throw new BundledPostgresError('There is no free port on 127.0.0.1 for PostgreSQL.')
}
