import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { statementLog } from '../tracing/statements.ts'
import type { Db } from './db.ts'
import { AddressError, type DatabaseAddress, parseAddress } from './hosts/address.ts'
import { HostPool } from './hosts/host-pool.ts'
import { Hosts } from './hosts/hosts.ts'
import type { Schema } from './schema.ts'
import { overrideSettings, readOptions } from './sessions/options.ts'
import { Sessions } from './sessions/sessions.ts'
import {
  answerTimeoutMs,
  batchSettings,
  longSettings,
  requestSettings,
  type Settings,
} from './sessions/settings.ts'
import { types } from './sessions/types.ts'

/** A database: Kysely for most statements, and its pool for the hot statements. */
export interface Database {
  readonly db: Db
  readonly pool: pg.Pool
  /** Separate connections for batches, so that no slow query delays a cancel. */
  readonly batchPool: pg.Pool
  /** Separate connections to read keys: statements that wait for locks must not keep callers out. */
  readonly keyDb: Db
  readonly keyPool: pg.Pool
  /**
   * Opens the connections of cancels and of key look-ups, before any other. Checks that each has a session
   * of its own, which a pooler in transaction mode does not give.
   *
   * @throws {SessionError} when the database or a pooler in front of it cannot be used.
   */
  openFirst(): Promise<void>
  /** Checks two connections in the same way, for programs that cancel nothing. */
  checkSessions(): Promise<void>
  /**
   * Runs work that may take minutes, such as migrations, on a separate connection. It waits a second
   * for each lock, because later statements queue behind it.
   */
  withLongStatements<T>(work: (db: Db) => Promise<T>): Promise<T>
  /** The same with the connection itself, for streams of rows. */
  withLongClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** The pool of requests and workers. Twenty connections keep far more than two cores busy. */
const connectionsMax = 20
/** Two batches in flight: PostgreSQL runs one while the next is on the wire. */
const batchConnectionsMax = 2
/** A look-up takes less than a millisecond and is cached for two seconds: one connection and a spare. */
const keyConnectionsMax = 2
/** After this time, a request that waits for a connection is refused. */
const connectTimeoutMs = 5_000
/** Statements that may wait for a connection: twice the admitted requests, and the workers. */
const waitingMax = 2_000
/** A server that vanished without closing its connection is noticed after this and ten seconds more. */
const keepAliveMs = 10_000

/**
 * Connects lazily: the first statement opens the first connection. With several hosts, connections go to
 * the host that takes writes, and move when another host does.
 *
 * @throws {AddressError} when the address cannot be used.
 */
export function connect(options: { url: string; onError: (error: Error) => void }): Database {
  const address = parseAddress(options.url)
  const config = configOf(address)
  const hosts = new Hosts(address, config)
  const sessions = new Sessions()
  const given = readOptions(address.options)
  const open = (settings: Settings, limits: pg.PoolConfig) => {
    const whole = overrideSettings(given, settings)
    const prepare = (client: pg.PoolClient) => sessions.prepare(client, whole)
    const opened = new HostPool(hosts, { ...config, ...limits, waitingMax, prepare })
    opened.on('error', options.onError)
    return opened
  }
  const pool = open(requestSettings, { max: connectionsMax })
  const batchPool = open(batchSettings, { max: batchConnectionsMax })
  const keyPool = open(requestSettings, { max: keyConnectionsMax })
  const openLong = () => open(longSettings, { max: 1, query_timeout: 0 })
  const log = statementLog()
  const throughPool = (through: pg.Pool) =>
    new Kysely<Schema>({
      dialect: new PostgresDialect({ pool: through }),
      ...(log ? { log } : {}),
    })
  const db = throughPool(pool)
  const keyDb = throughPool(keyPool)
  return {
    db,
    pool,
    batchPool,
    keyDb,
    keyPool,
    openFirst: () => checkSeparate(sessions, [batchPool, batchPool, keyPool, keyPool]),
    checkSessions: () => checkSeparate(sessions, [pool, pool]),
    async withLongClient(work) {
      const own = openLong()
      const client = await own.connect()
      try {
        return await work(client)
      } finally {
        // It may be in the middle of a stream.
        client.release(true)
        await own.end()
      }
    },
    async withLongStatements(work) {
      const own = openLong()
      const ownDb = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: own }) })
      try {
        return await ownDb.connection().execute(work)
      } finally {
        await ownDb.destroy()
      }
    },
    async close() {
      await Promise.all([db.destroy(), keyDb.destroy(), batchPool.end()])
    },
  }
}

/** Takes a connection from each of the pools, one after the other, and compares their sessions. */
async function checkSeparate(sessions: Sessions, pools: readonly pg.Pool[]): Promise<void> {
  const clients: pg.PoolClient[] = []
  try {
    for (const pool of pools) clients.push(await pool.connect())
    await sessions.requireSeparate(clients)
  } finally {
    for (const client of clients) client.release()
  }
}

/** The configuration of all clients. */
function configOf(address: DatabaseAddress): pg.ClientConfig {
  const config = {
    connectionString: address.connectionString,
    types,
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: 'hedge',
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMs,
    query_timeout: answerTimeoutMs,
  }
  try {
    // Reads the certificates that the address names, to fail now and not at the first statement.
    new pg.Client(config)
    return config
  } catch (cause) {
    throw new AddressError((cause as Error).message)
  }
}
