import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { isTooManyConnections } from '../hosts/too-many.ts'
import type { Sessions } from './sessions.ts'

/** Attempts while other processes use all connections that the database allows. */
const attemptsMax = 30
const pauseMs = 1_000

/**
 * Opens the first connections of a server: `openSeparate`, and again while the database refuses them.
 *
 * @throws {SessionError} when the database or a pooler in front of it cannot be used.
 */
export async function openFirst(sessions: Sessions, pools: readonly pg.Pool[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await openSeparate(sessions, pools)
      return
    } catch (error) {
      if (!isTooManyConnections(error) || attempt === attemptsMax) throw error
      await sleep(pauseMs)
    }
  }
}

/**
 * Takes two connections from each of the pools, first one of each, and compares their sessions. Where
 * the database accepts one of each only, that is enough.
 *
 * @throws {SessionError} when two connections share a session; otherwise the errors of the driver.
 */
export async function openSeparate(sessions: Sessions, pools: readonly pg.Pool[]): Promise<void> {
  const clients: pg.PoolClient[] = []
  try {
    for (const pool of pools) clients.push(await pool.connect())
    for (const pool of pools) {
      const second = await connectUnlessFull(pool)
      if (second) clients.push(second)
    }
    await sessions.requireSeparate(clients)
  } finally {
    for (const client of clients) client.release()
  }
}

/** A further connection of a pool that has one in use; `null`: the database refuses it. */
async function connectUnlessFull(pool: pg.Pool): Promise<pg.PoolClient | null> {
  try {
    return await pool.connect()
  } catch (error) {
    // The pool was shrunk to the connection in use.
    if (pool.options.max === 1) return null
    throw error
  }
}
