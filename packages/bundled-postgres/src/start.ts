import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { type Binaries, prepareBinaries, removeOldCopies } from './binaries.ts'
import { ensureCluster } from './cluster.ts'
import { BundledPostgresError } from './failure.ts'
import { give, type Home, makePrivate, openHome } from './home.ts'
import { addressOf, ensureDatabase, takeLock } from './lock.ts'
import { findPostmaster, type Postmaster, startPostmaster, stopPostmaster } from './postmaster.ts'
import { type Listening, socketPath, writeSettings } from './settings.ts'

type BundledPostgresOptions = {
  /** HEDGE_DATA_DIR: relative or absolute, made when missing; the cluster is in `postgres` below it. */
  dataDir: string
  /** Told what an operator should know, in sentences: where data went, what was repaired. */
  log: (message: string) => void
  /** Listens on this port of 127.0.0.1 as well. Otherwise, except on Windows, there is no TCP. */
  port?: number
  /** Goes before our own settings; for throw-away clusters. */
  settings?: Record<string, string>
}

export type BundledPostgres = {
  /** The database `hedge`, for `new pg.Pool({ connectionString })`. It holds the password. */
  url: string
  /** Shuts PostgreSQL down in good order and resolves when it has ended. May be called twice. */
  stop(): Promise<void>
}

/** For how long a PostgreSQL that does not answer is given the benefit of the doubt. */
const silenceMs = 20_000

/** The shorter of what Linux (107) and macOS (103) allow in the path of a socket. */
const socketPathBytesMax = 103

/**
 * Starts the PostgreSQL of a data folder, or takes over one that outlived a killed server, and
 * restarts it should it die. The cluster belongs to this process until `stop`.
 * Throws BundledPostgresError, with PostgreSQL's own words, when that cannot be.
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
  await ensureCluster(home, binaries)
  const listening = await chooseListening(home, options.port)
  const cluster = { home, binaries, listening, settings: options.settings ?? {} }
  const first = await acquire(cluster).catch(async (cause) => {
    await removeTemporary(home, listening.socketFolder)
    throw cause
  })
  const { socketFolder, port } = first.postmaster
  // What runs decides: pools keep this address, so a restart has to listen there again.
  if (socketFolder !== listening.socketFolder) await removeTemporary(home, listening.socketFolder)
  const kept: Listening = {
    socketFolder,
    tcpPort: listening.tcpPort === undefined ? undefined : port,
  }
  const stop = keepRunning({ ...cluster, listening: kept }, first.lock, options.log)
  return { url: addressOf(home, first.postmaster), stop }
}

type Cluster = {
  home: Home
  binaries: Binaries
  listening: Listening
  settings: Record<string, string>
}

type Acquired = { lock: pg.Client; postmaster: Postmaster }

/** Ends with a running PostgreSQL that is ours alone, or with an error that says whose it is. */
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
      // 57P03: it is starting, recovering or shutting down, and says so. All of these come to an end.
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
 * The lock's connection ends when PostgreSQL dies or loses its sessions: then it is brought up again.
 * Returns the function that ends this.
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
    log('The bundled PostgreSQL ended, or dropped its connections; it is brought up again.')
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
    // Only with the lock is it ours to stop, and the lock is held until PostgreSQL is gone.
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

/** The socket's folder, where it could not be inside the home, in a place for temporary things. */
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
