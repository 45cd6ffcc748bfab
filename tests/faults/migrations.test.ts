import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { sql as statement } from 'kysely'
import { expect, inject, test, vi } from 'vitest'
import { connect } from '../../packages/server/src/database/connect.ts'
import { type Migrations, migrate } from '../../packages/server/src/database/migrate/migrate.ts'
import { migrations } from '../../packages/server/src/database/migrate/migrations.ts'
import { createIndexConcurrently } from '../../packages/server/src/database/migrations/create-index.ts'
import { createDatabase } from '../support/databases/postgres.ts'
import { insertPayments, openSql, type Sql } from '../support/databases/sql.ts'
import { apiClient, createPayment } from '../support/http/api.ts'
import { createMigratedDatabase, startServer } from '../support/servers/server.ts'
import { until } from '../support/until.ts'
import { startCancels } from './database/cancel-load.ts'

// Several processes are started in each, on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

const processFile = join(import.meta.dirname, '../support/processes/migrate-process.ts')

/** What a later version may bring: as the rules of CONTRIBUTING.md have it. */
const later: Migrations = {
  ...migrations,
  '9001_column': {
    up: async (db) => {
      await statement`alter table payments add column risk text`.execute(db)
      await statement`alter table payment_tasks add column note text default 'none'`.execute(db)
    },
  },
  '9002_index': {
    isRepeatable: true,
    up: (db) =>
      createIndexConcurrently(db, { name: 'payments_risk', definition: 'payments (risk, id)' }),
  },
}

/** Brings a database to a version, as a process of that version does. */
async function migrateTo(url: string, list: Migrations): Promise<string[]> {
  const database = connect({ url, onError: () => undefined })
  try {
    return await migrate(database, list)
  } finally {
    await database.close()
  }
}

const countLockWaits = async (sql: Sql, text: string) => {
  const [row] = await sql.query(
    `select count(*)::integer as n from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock' and query ilike $1`,
    [`%${text}%`],
  )
  return row.n as number
}

test('a newer version migrates under load, behind a transaction that stays open, and no request fails', async () => {
  const database = await createMigratedDatabase()
  const sql = openSql(database.url)
  const server = await startServer({ databaseUrl: database.url })
  const api = apiClient(server.url, server.secretKey)
  const [merchant] = await sql.query('select id from merchants')
  const owner = { merchant_id: merchant.id, livemode: false }
  const ids = await insertPayments(sql, { owner, count: 4_000 })
  const rival = await sql.connect()
  await rival.query('begin')
  await rival.query('select count(*) from payments')

  const load = startCancels([server], { ids, clients: 8 })
  await until('the load runs', () => load.acknowledged.size > 100)
  const migrated = migrateTo(database.url, later)
  await until('it waits for its lock', async () => (await countLockWaits(sql, 'alter table')) > 0)
  await until('it gives way', async () => (await countLockWaits(sql, 'alter table')) === 0)
  const before = load.acknowledged.size
  await until('the load goes on', () => load.acknowledged.size > before)
  await rival.query('rollback')
  rival.release()

  expect(await migrated).toEqual(['9001_column', '9002_index'])
  await load.done
  expect([...load.answers]).toEqual([[200, ids.length]])

  // The version before runs on, is ready, and can be started again.
  expect((await api('GET', '/readyz')).status).toBe(200)
  await createPayment(api)
  const another = await startServer({ databaseUrl: database.url })
  expect((await apiClient(another.url, another.secretKey)('GET', '/readyz')).status).toBe(200)
  await Promise.all([server.stop(), another.stop(), sql.close()])
  await database.drop()
})

test.each([
  ['an empty database', 0, '0005_ledger'],
  ['an older database', 8, '0012_retention'],
])(
  'on %s a process that is killed in the middle of a migration leaves whole ones, and those that wait for it go on',
  async (_, count, last) => {
    const database = await createDatabase(inject('postgresAdminUrl'))
    const sql = openSql(database.url)
    const names = Object.keys(migrations)
    const older = Object.fromEntries(Object.entries(migrations).slice(0, count))
    expect(await migrateTo(database.url, older)).toEqual(names.slice(0, count))

    const child = spawn(process.execPath, [processFile, database.url, last], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    const applied = () => sql.query('select name from hedge_migrations order by name')
    const before = names.filter((name) => name < last)
    expect((await applied()).map(({ name }) => name)).toEqual(before)

    const starting = [1, 2].map(() => startServer({ databaseUrl: database.url }))
    await until('both look for what is left to do', async () => {
      const [row] = await sql.query(
        `select count(*)::integer as n from pg_stat_activity
       where datname = current_database() and query like '%pg_try_advisory_lock%'`,
      )
      return row.n >= 2
    })
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
    const servers = await Promise.all(starting)
    for (const server of servers) {
      const api = apiClient(server.url, server.secretKey)
      expect((await api('GET', '/readyz')).status).toBe(200)
      await createPayment(api)
    }
    expect((await applied()).map(({ name }) => name)).toEqual(names)
    await Promise.all([...servers.map((server) => server.stop()), sql.close()])
    await database.drop()
  },
)

test('an index that was left half made is made anew', async () => {
  const database = await createMigratedDatabase()
  const sql = openSql(database.url)
  await sql.query(`insert into retention_tasks (kind) values ('one'), ('two')`)
  const broken = sql.query(
    'create unique index concurrently payments_risk on retention_tasks ((1))',
  )
  await expect(broken).rejects.toThrow(/could not create unique index/)
  const valid = async () => {
    const [row] = await sql.query(
      `select indisvalid, indrelid::regclass::text as of from pg_index
       where indexrelid = to_regclass('payments_risk')`,
    )
    return row
  }
  expect(await valid()).toEqual({ indisvalid: false, of: 'retention_tasks' })
  await migrateTo(database.url, later)
  expect(await valid()).toEqual({ indisvalid: true, of: 'payments' })
  await sql.close()
  await database.drop()
})
