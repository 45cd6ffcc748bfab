import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { brokenInvariants } from '../support/databases/invariants.ts'
import { createDatabase, type TestDatabase } from '../support/databases/postgres.ts'
import { openSql } from '../support/databases/sql.ts'
import { type Api, apiClient, createPayment } from '../support/http/api.ts'
import { createPaid, untilStatus } from '../support/payments/paid.ts'
import { createMigratedDatabase, startServer, type TestServer } from '../support/servers/server.ts'
import { hedge } from './hedge.ts'

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
  const errorOf = ({ code, stderr }: { code: number | null; stderr: string }) => [
    code,
    JSON.parse(stderr).error.code,
  ]
  const to = join(folder, 'refused')
  expect((await exportTo(to)).code).toBe(0)
  expect(errorOf(await exportTo(to))).toEqual([2, 'folder_not_empty'])
  expect(errorOf(await importFrom(to, source))).toEqual([3, 'database_not_empty'])
  expect(errorOf(await importFrom(folder, await createTarget()))).toEqual([4, 'no_export'])
  const empty = await createTarget()
  const unknown = hedge(['export', join(folder, 'none'), '--database', empty.url, '--json'])
  expect(errorOf(await unknown)).toEqual([3, 'other_version'])
  const path = join(to, 'manifest.json')
  const manifest = JSON.parse(await readFile(path, 'utf8'))
  await writeFile(
    path,
    JSON.stringify({ ...manifest, migrations: ['0001_baseline', '9999_later'] }),
  )
  expect(errorOf(await importFrom(to, empty))).toEqual([3, 'other_version'])
  await writeFile(path, '{}')
  expect(errorOf(await importFrom(to, empty))).toEqual([4, 'no_export'])
})
