import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Schema } from './schema.ts'

export type Db = Kysely<Schema>

/** A database: Kysely for most statements, and the pool that the hot ones go through. */
export interface Database {
  readonly db: Db
  readonly pool: pg.Pool
  /** Connections of their own for batches, so that no slow query makes a cancel wait. */
  readonly batchPool: pg.Pool
  close(): Promise<void>
}

/** The pool of requests and workers. Twenty connections keep two cores busy many times over. */
const connectionsMax = 20
/** Two batches in flight: one at PostgreSQL while the next is on the wire. */
const batchConnectionsMax = 2
/** After this a request that waits for a connection is refused rather than kept. */
const connectTimeoutMs = 5_000
/** No statement of a request takes longer; a stuck one must not hold its locks for ever. */
const statementTimeoutMs = 30_000

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

/** Connects lazily: the first statement opens the first connection. */
export function connect(options: { url: string; onError: (error: Error) => void }): Database {
  const pool = createPool(options, connectionsMax, '')
  // Batches join few rows of arguments with a large table by its key. The planner must not take
  // its first look at a still empty table as a reason to scan it, in a plan that is then kept; and
  // it must keep the plan: planning takes as long as canceling a dozen payments, and for a batch of
  // one it would plan anew every time.
  const batchSettings = ' -c enable_seqscan=off -c plan_cache_mode=force_generic_plan'
  const batchPool = createPool(options, batchConnectionsMax, batchSettings)
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) })
  return {
    db,
    pool,
    batchPool,
    async close() {
      await Promise.all([db.destroy(), batchPool.end()])
    },
  }
}

function createPool(
  { url, onError }: { url: string; onError: (error: Error) => void },
  max: number,
  settings: string,
): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    types,
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: 'hedge',
    keepAlive: true,
    options: `-c timezone=UTC -c datestyle=ISO -c statement_timeout=${statementTimeoutMs}${settings}`,
  })
  pool.on('error', onError)
  // A connection that breaks while a transaction holds it has no other listener, and an error event
  // without one ends the process. The statement in flight fails with the error all the same.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}
