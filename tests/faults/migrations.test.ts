import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, inject, test } from 'vitest'
import { connect } from '../../packages/server/src/database/connect.ts'
import { type Migrations, migrate } from '../../packages/server/src/database/migrate/migrate.ts'
import { migrations } from '../../packages/server/src/database/migrate/migrations.ts'
import { laterMigrations } from '../support/databases/later-migrations.ts'
import { createDatabase } from '../support/databases/postgres.ts'
import { insertPayments, openSql, type Sql } from '../support/databases/sql.ts'
import { apiClient, createPayment } from '../support/http/api.ts'
import { createMigratedDatabase, startServer } from '../support/servers/server.ts'
import { isLongRun, size } from '../support/size.ts'
import { until } from '../support/until.ts'
import { startCancels } from './database/cancel-load.ts'

/** Brings a database to a version, as a process of that version does. */
async function migrateTo(url: string, list: Migrations): Promise<string[]> {
  const database = connect({ url, onError: () => undefined })
  try {
    return await migrate(database, list)
  } finally {
    await database.close()
  }
}

/** A process that has run the statements of a migration, and has not committed them. */
async function startMigrating(url: string, last: string) {
  const child = spawn(process.execPath, [inject('programs').migrate, url, last], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return {
    async kill() {
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}

const listApplied = async (sql: Sql) => {
  const rows = await sql.query('select name from hedge_migrations order by name')
  return rows.map(({ name }) => name as string)
}

const untilPolling = (sql: Sql, processes: number) =>
  until(`${processes} processes poll for the lock of migrations`, async () => {
    const [row] = await sql.query(
      `select count(*)::integer as n from pg_stat_activity
       where datname = current_database() and query like '%pg_try_advisory_lock%'`,
    )
    return row.n >= processes
  })

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
  const ids = await insertPayments(sql, { owner, count: size({ quick: 2_000, all: 4_000 }) })
  const rival = await sql.connect()
  await rival.query('begin')
  await rival.query('select count(*) from payments')

  const load = startCancels([server], { ids, clients: size({ quick: 2, all: 8 }) })
  await until('the load runs', () => load.acknowledged.size > 100)
  const migrated = migrateTo(database.url, laterMigrations)
  await until('it waits for its lock', async () => (await countLockWaits(sql, 'alter table')) > 0)
  await until('it yields', async () => (await countLockWaits(sql, 'alter table')) === 0)
  const before = load.acknowledged.size
  await until('the load goes on', () => load.acknowledged.size > before)
  await rival.query('rollback')
  rival.release()

  expect(await migrated).toEqual(['9001_column', '9002_index', '9003_table'])
  const begun = isLongRun ? ids.length : load.stop()
  await load.done
  expect([...load.answers]).toEqual([[200, begun]])

  // The older version keeps running and is ready.
  expect((await api('GET', '/readyz')).status).toBe(200)
  await createPayment(api)
  if (isLongRun) await expectRestarts(database.url)
  await Promise.all([server.stop(), sql.close()])
  await database.drop()
})

/** The older version can be started again. `npm test` sees that where a process was killed, below. */
async function expectRestarts(databaseUrl: string): Promise<void> {
  const another = await startServer({ databaseUrl })
  expect((await apiClient(another.url, another.secretKey)('GET', '/readyz')).status).toBe(200)
  await another.stop()
}

test('servers that start while another process migrates an empty database continue when it is killed', async () => {
  const database = await createDatabase(inject('postgresAdminUrl'))
  const sql = openSql(database.url)
  const child = await startMigrating(database.url, '0001_baseline')
  expect(await listApplied(sql)).toEqual([])

  const count = size({ quick: 1, all: 2 })
  const starting = Array.from({ length: count }, () => startServer({ databaseUrl: database.url }))
  await untilPolling(sql, count)
  await child.kill()
  const servers = await Promise.all(starting)
  for (const server of servers) {
    const api = apiClient(server.url, server.secretKey)
    expect((await api('GET', '/readyz')).status).toBe(200)
    await createPayment(api)
  }
  expect(await listApplied(sql)).toEqual(Object.keys(migrations))
  await Promise.all([...servers.map((server) => server.stop()), sql.close()])
  await database.drop()
})

test('a process that is killed in the middle of a later migration leaves whole ones, and others continue from there', async () => {
  const database = await createMigratedDatabase()
  const sql = openSql(database.url)
  const child = await startMigrating(database.url, '9003_table')
  const before = Object.keys(laterMigrations).filter((name) => name < '9003_table')
  expect(await listApplied(sql)).toEqual(before)

  const migrating = [1, 2].map(() => migrateTo(database.url, laterMigrations))
  await untilPolling(sql, 2)
  await child.kill()
  expect((await Promise.all(migrating)).flat()).toEqual(['9003_table'])
  expect(await listApplied(sql)).toEqual(Object.keys(laterMigrations))

  // The older version starts on the schema of the later one.
  const server = await startServer({ databaseUrl: database.url })
  const api = apiClient(server.url, server.secretKey)
  expect((await api('GET', '/readyz')).status).toBe(200)
  await createPayment(api)
  await Promise.all([server.stop(), sql.close()])
  await database.drop()
})

test('an invalid index of an interrupted migration is created again', async () => {
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
  await migrateTo(database.url, laterMigrations)
  expect(await valid()).toEqual({ indisvalid: true, of: 'payments' })
  await sql.close()
  await database.drop()
})
