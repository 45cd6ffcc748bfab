import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { statementLog } from '../tracing/statements.ts'
import type { Db } from './db.ts'
import { AddressError, type DatabaseAddress, parseAddress } from './hosts/address.ts'
import { HostPool } from './hosts/host-pool.ts'
import { Hosts } from './hosts/hosts.ts'
import type { Schema } from './schema.ts'

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
/** No statement of a request takes longer. A stuck statement must not keep its locks for ever. */
const statementTimeoutMs = 30_000
/** A transaction that locks a row for longer is stuck: the waiting request gets a 503. */
export const lockWaitMsMax = 5_000
/** Long work yields: it tries again for its lock, so that later statements can pass. */
const lockTimeoutMs = 1_000
/** Frees the locks of a transaction whose process is frozen or cut off. */
const idleTransactionTimeoutMs = 30_000
/**
 * If PostgreSQL has not ended a statement by this time, PostgreSQL has vanished without closing the
 * connection, or the commit waits for a standby. `statement_timeout` covers neither.
 */
const answerTimeoutMs = statementTimeoutMs + 5_000
/** A server that vanished without closing its connection is noticed after this and ten seconds more. */
const keepAliveMs = 10_000

const timestamptzOid = 1184
const jsonOid = 114
const jsonbOid = 3802

const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: unknown) {
    if (format !== 'binary') {
      if (oid === timestamptzOid) return isoSeconds
      if (oid === jsonOid || oid === jsonbOid) return JSON.parse
    }
    return pg.types.getTypeParser(oid, format as 'text')
  },
} as pg.CustomTypesConfig

/** Turns PostgreSQL's `2024-06-15 10:32:00+00` into the API's form, without a Date. */
function isoSeconds(value: string): string {
  return `${value.slice(0, 10)}T${value.slice(11, 19)}Z`
}

/**
 * Every statement finds its rows by an index. A table that was empty at the last ANALYZE must not
 * make the planner choose a scan: a burst of webhooks was read from end to end for every eight
 * deliveries. Pages come from memory or a solid disk. By the default cost, that of a spinning disk,
 * the planner sorts a whole queue instead of reading the next few rows from the index. Before
 * PostgreSQL 18, a plan that needs a scan gets so high a cost that it is compiled, which takes a
 * second for a statement of milliseconds.
 */
const planSettings = ' -c enable_seqscan=off -c random_page_cost=1.1 -c jit=off'
const settings = `${planSettings} -c lock_timeout=${lockWaitMsMax}`
/**
 * Batches keep their plan. Planning takes as long as canceling a dozen payments, and PostgreSQL would
 * plan every batch of one again.
 */
const batchSettings = `${settings} -c plan_cache_mode=force_generic_plan`
const longSettings = ` -c statement_timeout=0 -c lock_timeout=${lockTimeoutMs}`

/**
 * Connects lazily: the first statement opens the first connection. With several hosts, connections go to
 * the host that takes writes, and move when another host does.
 *
 * @throws {AddressError} when the address cannot be used.
 */
export function connect(options: { url: string; onError: (error: Error) => void }): Database {
  const address = parseAddress(options.url)
  const hosts = new Hosts(address, configOf(address, ''))
  const open = (limit: { settings: string; max: number }) =>
    createPool(hosts, options.onError, { ...configOf(address, limit.settings), max: limit.max })
  const pool = open({ settings, max: connectionsMax })
  const batchPool = open({ settings: batchSettings, max: batchConnectionsMax })
  const keyPool = open({ settings, max: keyConnectionsMax })
  const openLong = () => {
    const { query_timeout: _, ...config } = configOf(address, longSettings)
    return createPool(hosts, options.onError, { ...config, max: 1 })
  }
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

function createPool(hosts: Hosts, onError: (error: Error) => void, config: pg.PoolConfig): pg.Pool {
  const pool = new HostPool(hosts, { ...config, waitingMax })
  pool.on('error', onError)
  return pool
}

/** The configuration of all clients of a pool. */
function configOf(address: DatabaseAddress, settings: string): pg.ClientConfig {
  const config = {
    connectionString: address.connectionString,
    types,
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: 'hedge',
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMs,
    query_timeout: answerTimeoutMs,
    // The last setting wins: those that the server relies on override those of the address.
    options:
      `${address.options} -c timezone=UTC -c datestyle=ISO -c statement_timeout=${statementTimeoutMs}` +
      ` -c idle_in_transaction_session_timeout=${idleTransactionTimeoutMs}${settings}`,
  }
  try {
    // Reads the certificates that the address names, to fail now and not at the first statement.
    new pg.Client(config)
    return config
  } catch (cause) {
    throw new AddressError((cause as Error).message)
  }
}
