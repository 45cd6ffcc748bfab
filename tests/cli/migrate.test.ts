import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { createDatabase, type TestDatabase } from '../support/databases/postgres.ts'
import { openSql, type Sql } from '../support/databases/sql.ts'
import { startServer } from '../support/servers/server.ts'
import { until } from '../support/until.ts'
import { hedge } from './hedge.ts'

// Migrations before a server serves requests: in the server, and apart from it.

let database: TestDatabase
let sql: Sql

beforeEach(async () => {
  database = await createDatabase(inject('postgresAdminUrl'))
  sql = openSql(database.url)
})

afterEach(async () => {
  await sql.close()
  await database.drop()
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}

/** Has the lock by which one process at a time migrates, as a process with a long migration. */
async function blockMigrations(): Promise<() => Promise<void>> {
  const other = await sql.connect()
  await other.query('select pg_advisory_lock(3853314791062309107)')
  return async () => {
    await other.query('select pg_advisory_unlock_all()')
    other.release()
  }
}

test('while the database is migrated, the server is alive and not ready, and takes no request', async () => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const finish = await blockMigrations()
  const starting = startServer({ databaseUrl: database.url, env: { PORT: String(port) } })
  const get = (path: string) => fetch(url + path, { headers: { connection: 'close' } })
  const health = await until('the server is alive', () => get('/healthz').catch(() => null))
  expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }])
  const ready = await get('/readyz')
  expect([ready.status, ready.headers.get('retry-after'), await ready.json()]).toEqual([
    503,
    '1',
    {
      error: {
        code: 'service_unavailable',
        message: 'This process is migrating the database.',
      },
    },
  ])
  // As if nothing listened, so that a proxy sends the request to another process.
  await expect(get('/v1/payments')).rejects.toThrow('fetch failed')
  await finish()
  const server = await starting
  expect(server.url).toBe(url)
  expect((await get('/readyz')).status).toBe(200)
  expect((await get('/v1/payments')).status).toBe(401)
  await server.stop()
})

test('hedge migrate migrates an empty database once, and a server starts on it', async () => {
  const migrate = () => hedge(['migrate', '--database', database.url, '--json'])
  const first = await migrate()
  expect(first, first.stderr).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(first.stdout)).toEqual({ object: 'migration', applied: ['0001_baseline'] })
  expect(JSON.parse((await migrate()).stdout).applied).toEqual([])
  const { code, stdout } = await hedge(['migrate'], { DATABASE_URL: database.url })
  expect([code, stdout]).toEqual([0, 'The database was migrated before.\n'])
  const server = await startServer({ databaseUrl: database.url })
  await server.stop()
})

test('hedge migrate waits for the process that migrates', async () => {
  const finish = await blockMigrations()
  const migrating = hedge(['migrate', '--database', database.url, '--json'])
  await until('it polls for the lock', async () => {
    const rows = await sql.query(
      `select 1 from pg_stat_activity where datname = current_database()
         and query like '%pg_try_advisory_lock%' and pid <> pg_backend_pid()`,
    )
    return rows.length > 0
  })
  await finish()
  expect(JSON.parse((await migrating).stdout).applied).toEqual(['0001_baseline'])
})
