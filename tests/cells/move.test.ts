import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { leftTables, movedTables } from '../../packages/server/src/moves/rows/tables.ts'
import { hedge } from '../cli/hedge.ts'
import { runVerify } from '../cli/verify/run-verify.ts'
import { apiClient, createPayment, untilAdmitted } from '../support/http/api.ts'
import { type Receiver, startReceiver } from '../support/http/receiver.ts'
import { createPaid, untilStatus } from '../support/payments/paid.ts'
import { until } from '../support/until.ts'
import { type Cell, newKeys, startCell } from './cells.ts'

// An operator moves a merchant from the database of one cell to that of another.

const keys = newKeys()
let a: Cell
let b: Cell
let receiver: Receiver

beforeAll(async () => {
  receiver = await startReceiver()
  ;[a, b] = await Promise.all([startCell('cell-a', keys), startCell('cell-b')])
})

afterAll(async () => {
  await Promise.all([a?.close(), b?.close(), receiver?.close()])
})

const hashOf = (key: string) => createHash('sha256').update(key).digest('hex')
const merchantOf = async ({ sql }: Cell) => (await sql.query('select id from merchants'))[0].id
const move = (merchant: string, from: Cell, to: Cell, ...more: string[]) =>
  hedge([
    ...['merchant', 'move', merchant],
    ...['--from', from.database.url, '--to', to.database.url, ...more],
  ])
const clean = (merchant: string, from: Cell) =>
  hedge(['merchants', 'move', merchant, '--from', from.database.url, '--clean', '--json'])

test('a merchant moves with everything that belongs to it, and is served by the other cell', async () => {
  const merchant = await merchantOf(a)
  const here = apiClient(a.server.url, keys.secretKey)
  const there = apiClient(b.server.url, keys.secretKey)
  const own = apiClient(b.server.url, b.server.secretKey)
  await here('POST', '/v1/webhooks/endpoints', { body: { url: receiver.url } })
  const paid = await createPaid(here, { amount: 5_000 })
  await here('POST', `/v1/payments/${paid.id}/refund`, { body: { amount: 1_000 } })
  const canceled = await createPayment(here, { metadata: { a: '1' } })
  await here('POST', `/v1/payments/${canceled.id}/cancel`, { body: { reason: 'none' } })
  const window = await createPayment(here, { cancel_window: 3_600 })
  await here('POST', `/v1/payments/${window.id}/initiate`, {
    body: { payment_method_token: 'tok_visa' },
  })
  const pending = await createPayment(here)
  await until('the refund is paid', async () => {
    const { body } = await here('GET', `/v1/payments/${paid.id}`)
    return body.refunds?.[0]?.status === 'succeeded'
  })
  // The other cell has a history of its own, so positions and numbers of both overlap.
  await createPaid(own, {})
  expect(await runVerify({ databaseUrl: a.database.url })).toMatchObject({ ok: true })

  const paths = [
    ...[paid, canceled, window, pending].map(({ id }) => `/v1/payments/${id}`),
    ...[paid, canceled].map(({ id }) => `/v1/payments/${id}/events`),
    ...['/v1/payments', '/v1/events?limit=100', '/v1/webhooks/endpoints', '/v1/auth/api-keys'],
    `/v1/merchants/${merchant}/balance`,
  ]
  const before = await Promise.all(paths.map((path) => here('GET', path)))
  const stream = await fetch(`${a.server.url}/pay/api/${pending.id}/live`)
  expect(stream.status).toBe(200)
  const streamed = stream.text()
  const moved = await move(merchant, a, b, '--json')
  expect(moved, moved.stderr).toMatchObject({ code: 0 })
  const result = JSON.parse(moved.stdout)
  expect(result).toMatchObject({ merchant_id: merchant, api_url: b.publicUrl })
  const rowsOf = Object.fromEntries(
    result.tables.map((table: { name: string; rows: number }) => [table.name, table.rows]),
  )
  expect(rowsOf).toMatchObject({ merchants: 1, payments: 4, refunds: 1, api_keys: 1 })

  // A process reads every second which merchants it serves.
  await until('the second cell serves the merchant', async () => {
    return (await there('GET', paths[0] as string)).status === 200
  })
  for (const [n, path] of paths.entries()) {
    const answer = await there('GET', path)
    expect(answer.status, path).toBe(200)
    expect(answer.body, path).toEqual(before[n]?.body)
  }
  const { body: shown } = await there('GET', `/v1/merchants/${merchant}`)
  expect(shown.api_url).toBe(b.publicUrl)

  const old = await until('the first cell knows that it has moved', async () => {
    const answer = await here('POST', `/v1/payments/${pending.id}/cancel`, { body: {} })
    return answer.body.error?.code === 'merchant_moved' && answer
  })
  expect(old).toMatchObject({ status: 503, body: { error: { details: { api_url: b.publicUrl } } } })
  expect(old.headers.get('retry-after')).toBe('1')
  const page = await fetch(`${a.server.url}/pay/${pending.id}`, { redirect: 'manual' })
  expect([page.status, page.headers.get('location')]).toEqual([
    307,
    `${b.publicUrl}/pay/${pending.id}`,
  ])

  // A page that is open at the first cell: its stream ends, and its requests are refused.
  expect(await streamed).toContain('data: ')
  for (const path of ['', '/live']) {
    const answer = await fetch(`${a.server.url}/pay/api/${pending.id}${path}`)
    expect([answer.status, (await answer.json()).error.code]).toEqual([503, 'merchant_moved'])
  }

  const cancel = await there('POST', `/v1/payments/${window.id}/cancel`, { body: {} })
  expect(cancel.status, cancel.text).toBe(200)
  await untilStatus(there, pending.id, 'pending')
  await createPaid(there, {})
  const events = await there('GET', '/v1/events?limit=100')
  await until('every event is delivered', () => {
    const got = new Set(receiver.received.map(({ event }) => event.id))
    return events.body.data.every(({ id }: { id: string }) => got.has(id))
  })
  for (const { database } of [a, b]) {
    const report = await runVerify({ databaseUrl: database.url })
    expect(report, JSON.stringify(report.failed)).toMatchObject({ code: 0, ok: true, failed: {} })
  }
})

test('every position of an event is shifted, and every table has its guards while it moves', async () => {
  const columns = await a.sql.query<{ name: string }>(
    `select table_name || '.' || column_name as name from information_schema.columns
     where table_schema = current_schema() and column_name ~ '(^|_)position$|^replay_(from|through)$'
       and table_name !~ '^sandbox_' and table_name <> all($1::text[])`,
    [Object.keys(leftTables)],
  )
  const shifted = Object.entries(movedTables).flatMap(([table, { positions = [] }]) =>
    positions.map((column) => `${table}.${column}`),
  )
  expect(columns.map(({ name }) => name).toSorted()).toEqual(shifted.toSorted())
  const guards = await a.sql.query<{ name: string }>(
    `select tgrelid::regclass::text as name from pg_trigger where tgname like 'move\\_%\\_write'`,
  )
  expect(guards.map(({ name }) => name).toSorted()).toEqual(Object.keys(movedTables).toSorted())
})

test('no process writes for it where it was, whatever it has cached, and other merchants are not affected', async () => {
  const merchant = (await a.sql.query('select merchant_id from merchant_moves'))[0].merchant_id
  const write = (table: string) =>
    a.sql.query(`update ${table} set livemode = livemode where merchant_id = $1`, [merchant])
  for (const table of ['payments', 'payment_tasks', 'webhook_deliveries', 'api_keys']) {
    await expect(write(table), table).rejects.toMatchObject({ code: 'HM001' })
  }
  await expect(
    a.sql.query(`delete from payment_tasks where merchant_id = $1`, [merchant]),
  ).rejects.toMatchObject({ code: 'HM001' })
  await a.sql.query(
    `insert into merchants (id, name, created_at, updated_at) values ('merch_other', 'x', now(), now())`,
  )
  await a.sql.query(`delete from merchants where id = 'merch_other'`)
})

test('its keys are named by their hashes for the proxy, and deleted where it was', async () => {
  const merchant = await merchantOf(a)
  const mapOf = async ({ database }: Cell) => {
    const args = ['merchants', 'map', '--cell', 'other', '--database', database.url]
    return (await hedge(args)).stdout.trim().split('\n')
  }
  expect(await mapOf(b)).toContain(`${hashOf(keys.secretKey)} other`)
  expect(await mapOf(a)).toEqual([''])
  expect(await clean(merchant, b)).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('not moved'),
  })
  // Somebody has signed in to the dashboard there.
  await a.sql.query(
    `insert into dashboard_sessions select sha256('token'), k.id, now(), now() + interval '1 hour'
     from api_keys k where k.merchant_id = $1 limit 1`,
    [merchant],
  )
  const cleaned = await clean(merchant, a)
  expect(cleaned, cleaned.stderr).toMatchObject({ code: 0 })
  expect(await a.sql.query('select from events union all select from payments')).toEqual([])
  expect(await a.sql.query('select from merchants')).toEqual([])
  const guards = await a.sql.query(`select from pg_trigger where tgname like 'move\\_%'`)
  expect(guards).toEqual([])
  const { status } = await apiClient(a.server.url, keys.secretKey)('GET', '/v1/payments')
  expect([401, 503]).toContain(status)
})

test('it moves back, and the same merchant is not moved to where it is', async () => {
  const merchant = (await b.sql.query('select merchant_id from merchant_moves'))[0].merchant_id
  const there = apiClient(b.server.url, keys.secretKey)
  const created = await createPayment(there)
  const moved = await move(merchant, b, a, '--map', 'cell_a')
  expect(moved, moved.stderr).toMatchObject({
    code: 0,
    stdout: `${hashOf(keys.secretKey)} cell_a\n`,
  })
  const here = apiClient(a.server.url, keys.secretKey)
  const answer = await untilAdmitted(() => here('GET', `/v1/payments/${created.id}`))
  expect(answer.body).toEqual(created)
  const again = await move(merchant, b, a)
  expect(again, again.stderr).toMatchObject({ code: 0 })
  const same = await move(merchant, a, a)
  expect(same).toMatchObject({ code: 2, stderr: expect.stringContaining('same database') })
  const absent = await move('merch_00000000000000000000000000', a, b)
  expect(absent).toMatchObject({ code: 4 })
  for (const { database } of [a, b]) {
    expect(await runVerify({ databaseUrl: database.url })).toMatchObject({ ok: true, failed: {} })
  }
})
