import { afterEach, beforeEach, expect, test } from 'vitest'
import { hedge } from '../../cli/hedge.ts'
import { query } from '../../support/databases/postgres-server.ts'
import { insertPayments, openSql, type Sql } from '../../support/databases/sql.ts'
import { apiClient } from '../../support/http/api.ts'
import { firstKeys, startServer, type TestServer } from '../../support/servers/server.ts'
import { isLongRun, size } from '../../support/size.ts'
import { until } from '../../support/until.ts'
import { type CancelLoad, startCancels } from './cancel-load.ts'
import { alone, type Pair, startPair } from './pair.ts'

let pair: Pair
let servers: TestServer[]
let onPrimary: Sql
let onStandby: Sql

beforeEach(async () => {
  pair = await startPair()
  const env = { LOG_LEVEL: 'silent' }
  servers = await Promise.all([1, 2].map(() => startServer({ databaseUrl: pair.url, env })))
  onPrimary = openSql(pair.primary.url)
  onStandby = openSql(pair.standby.url)
})

afterEach(async () => {
  await Promise.all([onPrimary?.close(), onStandby?.close()])
  await Promise.all((servers ?? []).map((server) => server.kill()))
  await pair?.remove()
})

async function preparePayments(count: number): Promise<string[]> {
  const [merchant] = await onPrimary.query('select id from merchants')
  return await insertPayments(onPrimary, {
    owner: { merchant_id: merchant.id, livemode: false },
    count,
  })
}

const acknowledgedBeyond = (load: CancelLoad, count: number) =>
  until(`${count} are acknowledged`, () => load.acknowledged.size >= count, { patience: 3 })

/** Both servers have gone on: each has had cancels acknowledged since. */
async function untilBothGoOn(load: CancelLoad): Promise<void> {
  const before = [...load.byServer]
  await until(
    'both servers go on by themselves',
    () => load.byServer.every((count, i) => count > (before[i] ?? 0)),
    { patience: 3 },
  )
}

/** Every cancel that was acknowledged is there once, and every request had a clear end. */
async function expectNothingLost(load: CancelLoad): Promise<void> {
  const rows = await onStandby.query(
    `select p.id, p.status, p.sequence, count(e.*)::integer as events,
      count(*) filter (where e.type = 'payment.canceled')::integer as canceled
     from payments p join events e on e.subject_id = p.id group by p.merchant_id, p.livemode, p.id`,
  )
  const byId = new Map(rows.map((row) => [row.id, row]))
  for (const id of load.acknowledged.keys()) {
    expect(byId.get(id)).toMatchObject({ status: 'canceled', sequence: 2, events: 2, canceled: 1 })
  }
  const statuses = [...load.answers.keys()].filter((status) => status !== 200)
  expect(new Set([...statuses, 503, 'lost'])).toEqual(new Set([503, 'lost']))
  expect(servers.map(({ child }) => child.exitCode)).toEqual([null, null])
}

/** What an old primary holds: changes to any payment show in it. */
const contents = (sql: Sql) =>
  sql.query(`select (select count(*) from events) as events,
    (select count(*) from idempotency_records) as records,
    (select count(*) from payments where status = 'canceled') as canceled`)

test('a primary that dies under load loses no acknowledged cancel, and is never written to again', async () => {
  const ids = await preparePayments(size({ quick: 2_000, all: 12_000 }))
  const load = startCancels(servers, { ids, clients: size({ quick: 6, all: 16 }) })
  await acknowledgedBeyond(load, size({ quick: 100, all: 500 }))
  await pair.primary.kill()
  await pair.standby.promote()
  await untilBothGoOn(load)

  // It comes back as if nothing had happened, and nobody keeps it from taking writes.
  await pair.primary.start(alone)
  const before = await contents(onPrimary)
  await onStandby.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'hedge'`,
  )
  await untilBothGoOn(load)
  const begun = isLongRun ? ids.length : load.stop()
  await load.done
  expect(await contents(onPrimary)).toEqual(before)
  expect(load.acknowledged.size).toBe(begun)
  await expectNothingLost(load)
})

test.runIf(isLongRun)(
  'a primary that stands still is left for the one that took over, and not found again when it goes on',
  async () => {
    const ids = await preparePayments(size({ quick: 2_000, all: 12_000 }))
    const load = startCancels(servers, { ids, clients: 16 })
    await acknowledgedBeyond(load, size({ quick: 200, all: 500 }))
    await pair.primary.freeze()
    await pair.standby.promote()
    await untilBothGoOn(load)
    await pair.primary.thaw()
    await untilBothGoOn(load)
    await load.done
    await expectNothingLost(load)
  },
)

test.runIf(isLongRun)(
  'a cancel whose wait for the standby was cut short is not acknowledged',
  async () => {
    const [id = ''] = await preparePayments(1)
    const api = apiClient(servers[0]?.url ?? '', firstKeys.secretKey)
    const cancel = () => api('POST', `/v1/payments/${id}/cancel`, { idempotencyKey: 'only one' })
    await pair.standby.freeze()
    const running = cancel()
    await until('its commit waits for the standby, and nobody else goes on', async () => {
      const [canceled] = await query(
        pair.primary.url,
        `select count(pg_cancel_backend(pid))::integer from pg_stat_activity
       where wait_event = 'SyncRep' and query like '%request as materialized%'`,
      )
      return canceled === 1
    })
    const answer = await running
    expect([answer.status, answer.body.error.code]).toEqual([503, 'service_unavailable'])
    await pair.standby.thaw()
    expect((await cancel()).status).toBe(200)
  },
)

test.runIf(isLongRun)(
  'the command line and the checks of a server work with the address of both',
  async () => {
    await pair.primary.kill()
    await pair.standby.promote()
    const env = { DATABASE_URL: pair.url, HEDGE_BASE_URL: servers[0]?.url ?? '' }
    const made = await hedge(['keys', 'create', '--live', '--json'], env)
    expect(made.stderr).toMatch(
      /^From now on, only live keys change these settings of merch_\w+: .*\n$/,
    )
    expect(JSON.parse(made.stdout)).toMatchObject({ livemode: true })
    const doctor = await hedge(['doctor'], { ...env, HEDGE_API_SECRET: firstKeys.secretKey })
    expect(doctor.stdout).toMatch(/^ok +database /m)
    expect(doctor.stdout).toMatch(/^ok +migrations /m)
  },
)
