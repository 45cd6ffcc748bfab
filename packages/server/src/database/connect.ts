import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { statementLog } from '../tracing/statements.ts'
import { AddressError, type DatabaseAddress, parseAddress } from './hosts/address.ts'
import { HostPool } from './hosts/host-pool.ts'
import { Hosts } from './hosts/hosts.ts'
import type { Schema } from './schema.ts'

export type Db = Kysely<Schema>

/** A database: Kysely for most statements, and the pool that the hot ones go through. */
export interface Database {
  readonly db: Db
  readonly pool: pg.Pool
  /** Connections of their own for batches, so that no slow query makes a cancel wait. */
  readonly batchPool: pg.Pool
  /** Connections of their own for looking keys up: what waits for a lock must not keep callers out. */
  readonly keyDb: Db
  readonly keyPool: pg.Pool
  /**
   * Does what may take minutes, such as migrations, on a connection of its own. It waits for locks
   * for a second, since whoever comes after it waits as well.
   */
  withLongStatements<T>(work: (db: Db) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** The pool of requests and workers. Twenty connections keep two cores busy many times over. */
const connectionsMax = 20
/** Two batches in flight: one at PostgreSQL while the next is on the wire. */
const batchConnectionsMax = 2
/** A key is looked up in less than a millisecond, and again after two seconds: one and a spare. */
const keyConnectionsMax = 2
/** After this a request that waits for a connection is refused rather than kept. */
const connectTimeoutMs = 5_000
/** What may wait for a connection: twice the requests that are let in at once, and the workers. */
const waitingMax = 2_000
/** No statement of a request takes longer; a stuck one must not hold its locks for ever. */
const statementTimeoutMs = 30_000
/** Whoever holds a row for longer stands still: who waits for it is told to come back. */
export const lockWaitMsMax = 5_000
/** What takes long gives way: it asks for its lock again rather than keep others off with it. */
const lockTimeoutMs = 1_000
/** Nor does a transaction stand still: of a process that is frozen or cut off, its locks go. */
const idleTransactionTimeoutMs = 30_000
/**
 * A statement that the server itself has not ended by then is one whose server is gone without a
 * word, or whose commit waits for a standby: neither counts as a statement that takes long.
 */
const answerTimeoutMs = statementTimeoutMs + 5_000
/** A server that is gone without a word is missed after this and ten seconds more. */
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

/** PostgreSQL writes `2024-06-15 10:32:00+00` in UTC: turned into the API's form without a Date. */
function isoSeconds(value: string): string {
  return `${value.slice(0, 10)}T${value.slice(11, 19)}Z`
}

/**
 * Connects lazily: the first statement opens the first connection. Of several hosts the one that
 * takes writes is used, and the next one when that changes.
 *
 * @throws {AddressError} when the address cannot be used.
 */
export function connect(options: { url: string; onError: (error: Error) => void }): Database {
  const address = parseAddress(options.url)
  const hosts = new Hosts(address, configOf(address, ''))
  // Whatever the server asks for is found by an index. The planner must not take a table that was empty
  // when it last looked as a reason to read all of it: until the next ANALYZE a burst of webhooks
  // was read from end to end for every eight that were sent. And pages come from memory or a solid
  // disk: by the default cost, which is a spinning disk's, it would rather sort all that is left of
  // a queue than follow the index to the next few. Before PostgreSQL 18 a plan that cannot do without a
  // scan is priced so high that it is compiled, which takes a second for a statement of milliseconds.
  const plans = ' -c enable_seqscan=off -c random_page_cost=1.1 -c jit=off'
  const settings = `${plans} -c lock_timeout=${lockWaitMsMax}`
  const pool = createPool(hosts, options.onError, {
    ...configOf(address, settings),
    max: connectionsMax,
  })
  // Batches keep their plan: planning takes as long as canceling a dozen payments, and for a batch
  // of one PostgreSQL would plan anew every time.
  const batchSettings = `${settings} -c plan_cache_mode=force_generic_plan`
  const batchPool = createPool(hosts, options.onError, {
    ...configOf(address, batchSettings),
    max: batchConnectionsMax,
  })
  const keyPool = createPool(hosts, options.onError, {
    ...configOf(address, settings),
    max: keyConnectionsMax,
  })
  const log = statementLog()
  const throughPool = (through: pg.Pool) =>
    new Kysely<Schema>({
      dialect: new PostgresDialect({ pool: through }),
      ...(log ? { log } : {}),
    })
  const db = throughPool(pool)
  const keyDb = throughPool(keyPool)
  const longSettings = ` -c statement_timeout=0 -c lock_timeout=${lockTimeoutMs}`
  return {
    db,
    pool,
    batchPool,
    keyDb,
    keyPool,
    async withLongStatements(work) {
      const { query_timeout: _, ...config } = configOf(address, longSettings)
      const own = createPool(hosts, options.onError, { ...config, max: 1 })
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

/** What all clients of a pool have in common. */
function configOf(address: DatabaseAddress, settings: string): pg.ClientConfig {
  const config = {
    connectionString: address.connectionString,
    types,
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: 'hedge',
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMs,
    query_timeout: answerTimeoutMs,
    // What the address asks for comes first, so that what the server relies on goes before it.
    options:
      `${address.options} -c timezone=UTC -c datestyle=ISO -c statement_timeout=${statementTimeoutMs}` +
      ` -c idle_in_transaction_session_timeout=${idleTransactionTimeoutMs}${settings}`,
  }
  try {
    // Reads the certificates that the address names: better now than with the first statement.
    new pg.Client(config)
    return config
  } catch (cause) {
    throw new AddressError((cause as Error).message)
  }
}
