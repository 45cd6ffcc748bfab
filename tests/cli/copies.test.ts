import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { brokenInvariants } from '../support/databases/invariants.ts'
import { createDatabase, type TestDatabase } from '../support/databases/postgres.ts'
import { openSql, type Sql } from '../support/databases/sql.ts'
import { type Api, apiClient, createPayment } from '../support/http/api.ts'
import { createPaid, untilStatus } from '../support/payments/paid.ts'
import { createMigratedDatabase, startServer, type TestServer } from '../support/servers/server.ts'
import { until } from '../support/until.ts'
import { hedge, type Running, startHedge } from './hedge.ts'

// An operator moves from one database to another, or backs one up, with a folder in between.

let folder: string
let source: TestDatabase
let server: TestServer
let api: Api
const targets: TestDatabase[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hedge-copies-'))
  source = await createMigratedDatabase()
  server = await startServer({ databaseUrl: source.url })
  api = apiClient(server.url, server.secretKey)
})

afterAll(async () => {
  await server?.stop()
  for (const database of [source, ...targets]) await database?.drop()
  await rm(folder, { recursive: true, force: true })
})

/** An empty database, without tables. */
async function createTarget(): Promise<TestDatabase> {
  const target = await createDatabase(inject('postgresAdminUrl'))
  targets.push(target)
  return target
}

const exportTo = (to: string) => hedge(['export', to, '--database', source.url, '--json'])
const importFrom = (from: string, { url }: TestDatabase) =>
  hedge(['import', from, '--database', url, '--json'])

/** Changes the rows of a table in an export. */
async function edit(
  from: string,
  table: string,
  change: (text: string) => string,
): Promise<Buffer> {
  const path = join(from, `${table}.copy.gz`)
  const before = await readFile(path)
  await writeFile(path, gzipSync(change(gunzipSync(before).toString())))
  return before
}

test('a database moves as it is at one time, while servers write', async () => {
  const paid = await createPaid(api, { amount: 5_000 })
  await api('POST', `/v1/payments/${paid.id}/refund`, { body: { amount: 1_000 } })
  await createPayment(api, {
    description: 'tab\t, line\n, backslash \\ and ü',
    metadata: { a: '1' },
  })
  let isExported = false
  const writing = (async () => {
    while (!isExported) await createPaid(api, {})
  })()
  const to = join(folder, 'whole')
  const exported = await exportTo(to)
  isExported = true
  await writing
  expect(exported, exported.stderr).toMatchObject({ code: 0, stderr: '' })
  for (const name of await readdir(to)) {
    expect((await stat(join(to, name))).mode & 0o777, name).toBe(0o600)
  }

  const target = await createTarget()
  const imported = await importFrom(to, target)
  expect(imported, imported.stderr).toMatchObject({ code: 0, stderr: '' })
  const said = JSON.parse(imported.stdout)
  expect(said).toEqual({ ...JSON.parse(exported.stdout), object: 'import' })

  const moved = await startServer({ databaseUrl: target.url })
  try {
    const there = apiClient(moved.url, server.secretKey)
    for (const path of [`/v1/payments/${paid.id}`, `/v1/payments/${paid.id}/events`]) {
      expect((await there('GET', path)).body).toEqual((await api('GET', path)).body)
    }
    // New payments go on where the others ended.
    const { id } = await createPaid(there, {})
    await untilStatus(there, id, 'succeeded')
    const { body } = await there('GET', '/v1/payments?limit=1')
    expect(body.data[0].id).toBe(id)
    const sql = openSql(target.url)
    expect(await brokenInvariants(sql, { isAtRest: false })).toEqual({})
    await sql.close()
  } finally {
    await moved.stop()
  }
})

test('a damaged file stops an import, and the next one continues', async () => {
  const from = join(folder, 'damaged')
  expect((await exportTo(from)).code).toBe(0)
  const before = await edit(from, 'payments', (text) => text.replace('customer', 'Customer'))
  const target = await createTarget()
  const stopped = await importFrom(from, target)
  expect(stopped.code).toBe(1)
  expect(JSON.parse(stopped.stderr).error).toMatchObject({
    code: 'copy_differs',
    message: expect.stringContaining('payments.copy.gz'),
  })
  await expect(startServer({ databaseUrl: target.url })).rejects.toThrow(
    'An import into the database is not finished.',
  )
  const other = join(folder, 'other')
  expect((await exportTo(other)).code).toBe(0)
  expect(JSON.parse((await importFrom(other, target)).stderr).error.code).toBe('other_import')
  await writeFile(join(from, 'payments.copy.gz'), before)
  expect((await importFrom(from, target)).code).toBe(0)
  const moved = await startServer({ databaseUrl: target.url })
  await moved.stop()
})

test('nothing is overwritten, and what is no export is refused', async () => {
  const outcomeOf = ({ code, stderr }: { code: number | null; stderr: string }) => [
    code,
    JSON.parse(stderr).error.code,
  ]
  const to = join(folder, 'refused')
  expect((await exportTo(to)).code).toBe(0)
  expect(outcomeOf(await exportTo(to))).toEqual([2, 'folder_not_empty'])
  expect(outcomeOf(await importFrom(to, source))).toEqual([3, 'database_not_empty'])
  expect(outcomeOf(await importFrom(folder, await createTarget()))).toEqual([4, 'no_export'])
  const empty = await createTarget()
  const unknown = hedge(['export', join(folder, 'none'), '--database', empty.url, '--json'])
  expect(outcomeOf(await unknown)).toEqual([3, 'other_version'])
  const path = join(to, 'manifest.json')
  const manifest = JSON.parse(await readFile(path, 'utf8'))
  await writeFile(
    path,
    JSON.stringify({ ...manifest, migrations: ['0001_baseline', '9999_later'] }),
  )
  expect(outcomeOf(await importFrom(to, empty))).toEqual([3, 'other_version'])
  await writeFile(path, '{}')
  expect(outcomeOf(await importFrom(to, empty))).toEqual([4, 'no_export'])
})

const errorOf = ({ stderr }: { stderr: string }) => JSON.parse(stderr).error

test('a file that is missing or cut off is named, and the import goes on when it is whole', async () => {
  const from = join(folder, 'cut')
  expect((await exportTo(from)).code).toBe(0)
  const path = join(from, 'payments.copy.gz')
  const whole = await readFile(path)
  const target = await createTarget()
  await writeFile(path, whole.subarray(0, Math.floor(whole.length / 2)))
  const cut = errorOf(await importFrom(from, target))
  await rm(path)
  const missing = errorOf(await importFrom(from, target))
  await writeFile(path, gzipSync('no rows of this table\n'))
  const wrong = errorOf(await importFrom(from, target))
  for (const { code, message } of [cut, missing, wrong]) {
    expect([code, message]).toEqual([
      'copy_differs',
      expect.stringMatching(/^payments\.copy\.gz cannot be read: ./),
    ])
  }
  await writeFile(path, whole)
  expect((await importFrom(from, target)).code).toBe(0)
})

/** Locks a table, so that a copy waits before it. */
async function lockTable(sql: Sql, table: string): Promise<() => Promise<void>> {
  const client = await sql.connect()
  await client.query(`begin; lock table "${table}" in access exclusive mode`)
  return async () => {
    await client.query('rollback')
    client.release()
  }
}

/** Kills a command once its copy waits for the lock of a table. The server may wait for it too. */
async function killAtLock(sql: Sql, { child, ended }: Running): Promise<void> {
  await until('the copy waits for the table', async () => {
    const waiting = await sql.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
         and (query like '%md5(t::text)%' or query like 'alter table %')`,
    )
    return waiting.length > 0
  })
  child.kill('SIGKILL')
  await ended
}

test('an export that is killed leaves no export, and an import that is killed goes on', async () => {
  const whole = join(folder, 'for its tables')
  const exported = await exportTo(whole)
  const { tables } = JSON.parse(exported.stdout)
  const last = tables.at(-1).name
  const sql = openSql(source.url)
  const releaseSource = await lockTable(sql, last)
  const to = join(folder, 'killed')
  await killAtLock(sql, startHedge(['export', to, '--database', source.url]))
  await releaseSource()
  await sql.close()
  expect(errorOf(await importFrom(to, await createTarget())).code).toBe('no_export')
  const again = errorOf(await exportTo(to))
  expect([again.code, again.message]).toEqual([
    'folder_not_empty',
    expect.stringContaining('export that was stopped'),
  ])

  const target = await createTarget()
  expect((await hedge(['migrate', '--database', target.url])).code).toBe(0)
  const there = openSql(target.url)
  const releaseTarget = await lockTable(there, last)
  await killAtLock(there, startHedge(['import', whole, '--database', target.url]))
  await releaseTarget()
  const done = await there.query('select table_name from hedge_import')
  expect(done).toHaveLength(tables.length - 1)
  const finished = await importFrom(whole, target)
  expect(finished, finished.stderr).toMatchObject({ code: 0 })
  expect(JSON.parse(finished.stdout).tables).toEqual(tables)
  const [{ count }] = await there.query('select count(*)::integer as count from payments')
  expect(count).toBe(tables.find(({ name }: { name: string }) => name === 'payments').rows)
  await there.close()
})

test('tables of other programs in the same schema do not make an export useless', async () => {
  const shared = await createMigratedDatabase()
  targets.push(shared)
  const sql = openSql(shared.url)
  await sql.query('create table "Their table" (a integer); create table their_other (b integer)')
  await sql.query('insert into their_other values (1)')
  await sql.close()
  const to = join(folder, 'shared')
  const exported = await hedge(['export', to, '--database', shared.url, '--json'])
  expect(exported, exported.stderr).toMatchObject({ code: 0 })
  const imported = await importFrom(to, await createTarget())
  expect(imported, imported.stderr).toMatchObject({ code: 0 })
  const names = JSON.parse(imported.stdout).tables.map(({ name }: { name: string }) => name)
  expect(names).toContain('payments')
  expect(names).not.toContain('their_other')
})
