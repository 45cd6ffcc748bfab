import { createServer } from 'node:net'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Database } from '../../../packages/server/src/database/connect.ts'
import { AddressError } from '../../../packages/server/src/database/hosts/address.ts'
import type { TestDatabase } from '../../support/databases/postgres.ts'
import { createMigratedDatabase } from '../../support/servers/server.ts'

let shared: TestDatabase

beforeAll(async () => {
  shared = await createMigratedDatabase()
})

afterAll(async () => {
  await shared?.drop()
})

async function using<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = connect({ url, onError: () => undefined })
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

/** The address with additional parameters. */
function withParameters(url: string, parameters: Record<string, string>): string {
  const more = new URLSearchParams(parameters)
  return `${url}${url.includes('?') ? '&' : '?'}${more}`
}

test('parameters of the address apply, but do not override settings that the server needs', async () => {
  const options = '-c search_path=pay,public -c timezone=Asia/Tokyo -c statement_timeout=0'
  await using(withParameters(shared.url, { options }), async ({ pool, batchPool, keyPool }) => {
    for (const one of [pool, batchPool, keyPool]) {
      const { rows } = await one.query(
        `select name, setting from pg_settings where name in ('search_path', 'TimeZone',
          'statement_timeout', 'idle_in_transaction_session_timeout') order by name`,
      )
      expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
        search_path: 'pay,public',
        TimeZone: 'UTC',
        statement_timeout: '30000',
        idle_in_transaction_session_timeout: '30000',
      })
    }
  })
})

test('a connection is closed if the database is read-only, as a standby is', async () => {
  await using(shared.url, async ({ db, pool }) => {
    const insert = sql`insert into retention_tasks (kind) values ('read-only') on conflict do nothing`
    const backend = async () => (await pool.query('select pg_backend_pid() as pid')).rows[0].pid
    for (const write of [
      () => insert.execute(db),
      () => db.transaction().execute((tx) => insert.execute(tx)),
    ]) {
      await pool.query('set session characteristics as transaction read only')
      const before = await backend()
      await expect(write()).rejects.toMatchObject({ code: '25006' })
      expect(await backend()).not.toBe(before)
      await write()
    }
  })
})

test('an unreachable database is tried at most once per pause, whatever the number of queries', async () => {
  let tries = 0
  const server = createServer((socket) => {
    tries++
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const several = `127.0.0.1:${port},127.0.0.1:${port}`
  for (const [hosts, perTry] of [
    [`127.0.0.1:${port}`, 1],
    [several, 2],
  ] as const) {
    await using(`postgres://me@${hosts}/pay`, async ({ pool }) => {
      tries = 0
      const startedMs = performance.now()
      for (let n = 0; n < 300; n++) await expect(pool.query('select 1')).rejects.toThrow()
      // The pause between two tries is 0.2 seconds, whatever the number of queries.
      const roundsMax = 1 + (performance.now() - startedMs) / 200
      expect(tries).toBeLessThanOrEqual(perTry * roundsMax)
    })
  }
  await new Promise((resolve) => server.close(resolve))
})

test('the error names each unusable host with its reason', async () => {
  const first = withParameters('postgres://me:topsecret@127.0.0.1:1,nowhere.invalid:2/pay', {})
  const failed = using(first, ({ pool }) => pool.query('select 1'))
  await expect(failed).rejects.toThrow(/127\.0\.0\.1:1: .*ECONNREFUSED.*nowhere\.invalid:2: /s)
  await expect(failed).rejects.not.toThrow(/topsecret/)
})

test('a certificate file that cannot be read is reported as an error of the address', () => {
  const url = 'postgres://me@a,b/pay?sslmode=verify-full&sslrootcert=/not/there.pem'
  expect(() => connect({ url, onError: () => undefined })).toThrow(AddressError)
  expect(() => connect({ url, onError: () => undefined })).toThrow(/there\.pem/)
})
