import { Kysely, PostgresDialect } from 'kysely'
import type pg from 'pg'
import { statementLog } from '../tracing/statements.ts'
import type { Db } from './db.ts'
import { keepOpen } from './hosts/keep-open.ts'
import type { Schema } from './schema.ts'
import { openFirst, openSeparate } from './sessions/first-connections.ts'
import { makePools } from './sessions/pools.ts'
import { rememberSessions } from './sessions/sessions-of.ts'

/** A database: Kysely for most statements, and its pool for the hot statements. */
export interface Database {
  readonly db: Db
  readonly pool: pg.Pool
  /** Separate connections for reads that can be slow: they must not delay other requests. */
  readonly readDb: Db
  readonly readPool: pg.Pool
  /** Separate connections for batches, so that no slow query delays a cancel. */
  readonly batchPool: pg.Pool
  /** Separate connections to read keys: statements that wait for locks must not keep callers out. */
  readonly keyDb: Db
  readonly keyPool: pg.Pool
  /**
   * Opens the connections of cancels and of key look-ups, before any other, and keeps them open. Checks
   * that each has a session of its own, which a pooler in transaction mode does not give.
   *
   * @throws {SessionError} when the database or a pooler in front of it cannot be used.
   */
  openFirst(): Promise<void>
  /** Checks two connections in the same way, for programs that cancel nothing. */
  checkSessions(): Promise<void>
  /** Why the database may lose acknowledged commits, as its newest session shows; null: it does not. */
  lossyCommits(): string | null
  /**
   * Runs work that may take minutes, such as migrations, on a separate connection. It waits a second
   * for each lock, because later statements queue behind it.
   */
  withLongStatements<T>(work: (db: Db) => Promise<T>): Promise<T>
  /** The same with the connection itself, for streams of rows. */
  withLongClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/**
 * Connects lazily: the first statement opens the first connection. With several hosts, connections go to
 * the host that takes writes, and move when another host does.
 *
 * @throws {AddressError} when the address cannot be used.
 */
export function connect(options: { url: string; onError: (error: Error) => void }): Database {
  let isClosing = false
  const { sessions, requests, reads, batches, keys, openLong } = makePools({
    ...options,
    // A pool closes its connections without waiting for them, so the bundled PostgreSQL may end them first.
    onError: (error) => {
      if (!isClosing) options.onError(error)
    },
  })
  const log = statementLog()
  const throughPool = (through: pg.Pool) => {
    const own = new Kysely<Schema>({
      dialect: new PostgresDialect({ pool: through }),
      ...(log ? { log } : {}),
    })
    rememberSessions(own, sessions)
    return own
  }
  const db = throughPool(requests)
  const keyDb = throughPool(keys)
  const readDb = throughPool(reads)
  return {
    ...{ db, pool: requests, readDb, readPool: reads },
    ...{ batchPool: batches, keyDb, keyPool: keys },
    async openFirst() {
      await openFirst(sessions, [batches, keys])
      for (const kept of [batches, keys]) keepOpen(kept)
    },
    checkSessions: () => openSeparate(sessions, [requests]),
    lossyCommits: () => sessions.lossyCommits,
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
      rememberSessions(ownDb, sessions)
      try {
        return await ownDb.connection().execute(work)
      } finally {
        await ownDb.destroy()
      }
    },
    async close() {
      isClosing = true
      // The pools themselves: Kysely ends only a pool that it has used, and others keep the process alive.
      await Promise.all([requests, reads, keys, batches].map((pool) => pool.end()))
    },
  }
}
