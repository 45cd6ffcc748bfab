import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { isDatabaseUnavailable } from '../../../packages/server/src/database/errors.ts'
import {
  BoundedPool,
  PoolFullError,
} from '../../../packages/server/src/database/hosts/bounded-pool.ts'
import type { TestDatabase } from '../../support/databases/postgres.ts'
import { createMigratedDatabase } from '../../support/servers/server.ts'

let database: TestDatabase
let pool: BoundedPool

beforeAll(async () => {
  database = await createMigratedDatabase()
})

beforeEach(() => {
  pool = new BoundedPool({ connectionString: database.url, max: 1, waitingMax: 2 })
  return async () => await pool.end()
})

afterAll(async () => {
  await database?.drop()
})

/** Every way to request a connection. */
const wishes: readonly [string, () => Promise<unknown>][] = [
  ['a statement', () => pool.query('select 1')],
  ['a transaction', async () => (await pool.connect()).release()],
  [
    'a callback',
    () =>
      new Promise((resolve, reject) => {
        pool.connect((error, client, release) => {
          release()
          if (error) reject(error)
          else resolve(client)
        })
      }),
  ],
]

test.each(wishes)(
  '%s is refused at once, as a temporary failure, if the queue is full',
  async (_, ask) => {
    const holder = await pool.connect()
    const waiting = [pool.query('select 1 as one'), pool.query('select 1 as one')]
    try {
      // At once: a request that waited would wait for the holder for ever.
      const asked = ask().catch((error: unknown) => error)
      const refused = await Promise.race([asked, nextTurn('it waits')])
      expect(refused).toBeInstanceOf(PoolFullError)
      expect(isDatabaseUnavailable(refused)).toBe(true)
      expect(pool.waitingCount).toBe(2)
    } finally {
      holder.release()
    }
    const answers = await Promise.all(waiting)
    expect(answers.map(({ rows }) => rows)).toEqual([[{ one: 1 }], [{ one: 1 }]])
  },
)

test.each(wishes)('%s waits and gets its connection if the queue has space', async (_, ask) => {
  const holder = await pool.connect()
  const waiting = Promise.allSettled([pool.query('select 1'), ask()])
  holder.release()
  expect((await waiting).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
})
