import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { connect } from '../../../packages/server/src/database/connect.ts'
import { toTimestamp } from '../../../packages/server/src/domain/time.ts'
import { oldestOpenSeconds } from '../../../packages/server/src/payments/read/open-payments.sql.ts'
import { clusterUrl } from '../../support/databases/cluster.ts'
import { insertPayments } from '../../support/databases/sql.ts'
import { eventTypes } from '../../support/payments/paid.ts'
import { initiate } from '../../support/payments/sandbox.ts'
import { withServers } from '../../support/servers/servers.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'

const startedMs = performance.now()
const fixture = withServers(1)

/** The current samples of a metric, by its one label. The server caches counts for a second. */
async function read(name: string): Promise<Record<string, number>> {
  const askedMs = Date.now()
  const text = await until('the queues are counted again', async () => {
    const shown = await (await fetch(`${fixture.servers[0]?.url}/metrics`)).text()
    const at = /^hedge_queue_measurement_timestamp_seconds (\S+)$/m.exec(shown)?.[1]
    return Number(at) * 1000 >= askedMs && shown
  })
  const samples = text.matchAll(new RegExp(`^${name}\\{\\w+="(\\w+)"\\} (\\S+)$`, 'gm'))
  return Object.fromEntries([...samples].map(([, label, value]) => [label, Number(value)]))
}

const ages = () => read('hedge_open_payment_oldest_age_seconds')

/**
 * Inserts payments that have been open for `seconds`. Their tasks are leased, so no worker moves
 * them. Each task has been postponed many times, as with an unavailable processor.
 */
async function insertOpen(options: {
  status: 'initiated' | 'processing'
  seconds: number
  count: number
  /** The status that they have reached. Their task still exists. */
  became?: 'canceled'
  livemode?: boolean
}): Promise<void> {
  const { status, seconds, count, became, livemode = true } = options
  const { sql, owner } = fixture
  const ageMs = 3_600_000 + Math.floor(Math.random() * 1_000_000)
  const ids = await insertPayments(sql, {
    owner: { ...owner, livemode },
    count,
    status: became ?? status,
    ageMs,
  })
  await sql.query(
    `update payments set cancelable_until = now() - make_interval(secs => $2),
       updated_at = now() - make_interval(secs => $2) where id = any($1)`,
    [ids, seconds],
  )
  await sql.query(
    `insert into payment_tasks (merchant_id, livemode, payment_id, kind, due_at, since, leased_until)
     select merchant_id, livemode, id, $2::text, case when $2::text = 'process' then cancelable_until
       else now() + interval '5 minutes' end, updated_at, now() + interval '1 hour'
     from payments where id = any($1)
     on conflict (merchant_id, livemode, payment_id, kind) do update
       set due_at = excluded.due_at, since = excluded.since, leased_until = excluded.leased_until`,
    [ids, status === 'initiated' ? 'process' : 'capture'],
  )
}

/** Expects the age that a test has set, plus at most the time since the test began. */
function expectAge(age: number | undefined, seconds: number): void {
  const sinceStart = Math.ceil((performance.now() - startedMs) / 1_000)
  expect(age).toBeGreaterThanOrEqual(seconds - 2)
  expect(age).toBeLessThanOrEqual(seconds + sinceStart + 2)
}

test('the oldest open payment is found by its own age, however often its task was postponed', async () => {
  expect(await ages()).toEqual({ initiated: 0, processing: 0 })
  await insertOpen({ status: 'processing', seconds: 1_000, count: 3 })
  await insertOpen({ status: 'processing', seconds: 5_000, count: 1 })
  await insertOpen({ status: 'initiated', seconds: 2_000, count: 2 })
  const found = await ages()
  expectAge(found.processing, 5_000)
  expectAge(found.initiated, 2_000)
})

test('payments in their undo window are not late, and canceled payments are not open', async () => {
  await insertOpen({ status: 'initiated', seconds: -90_000, count: 5 })
  await insertOpen({ status: 'initiated', seconds: 80_000, count: 5, became: 'canceled' })
  await insertOpen({ status: 'processing', seconds: 80_000, count: 5, became: 'canceled' })
  const found = await ages()
  expectAge(found.processing, 5_000)
  expectAge(found.initiated, 2_000)
})

test('a test clock that is ahead counts for payments of its merchant in test mode', async () => {
  const { sql, owner } = fixture
  await insertOpen({ status: 'initiated', seconds: -400_000, count: 1, livemode: false })
  await sql.query('insert into test_clocks values ($1, 500000)', [owner.merchant_id])
  expectAge((await ages()).initiated, 100_000)
  await sql.query('delete from test_clocks')
  expectAge((await ages()).initiated, 2_000)
})

test('due tasks are counted by kind', async () => {
  const due = await read('hedge_payment_tasks_due')
  expect(due.process).toBe(7)
  expect(due).not.toHaveProperty('capture')
})

test('a thousand stale tasks at the front do not hide the tasks behind them', async () => {
  await insertOpen({ status: 'processing', seconds: 70_000, count: 1_000, became: 'canceled' })
  expect((await ages()).processing).toBeGreaterThanOrEqual(69_000)
})

// Reads the counters of one PostgreSQL. In a cluster, the workers have them.
test.skipIf(clusterUrl)(
  'with more than ten thousand open payments, only the counted thousands are read',
  async () => {
    const count = size({ quick: 5_500, all: 8_000 })
    await insertOpen({ status: 'processing', seconds: 500, count })
    await insertOpen({ status: 'initiated', seconds: 500, count })
    await fixture.sql.query('analyze payments, payment_tasks')
    const database = connect({ url: fixture.database.url, onError: () => undefined })
    const rowsRead = await database.db.transaction().execute(async (tx) => {
      await oldestOpenSeconds(tx, toTimestamp(Date.now()))
      const { rows } = await sql<{ n: number }>`
      select sum(coalesce(idx_tup_fetch, 0) + seq_tup_read)::integer as n
      from pg_stat_xact_user_tables where relname in ('payments', 'payment_tasks')`.execute(tx)
      return rows[0]?.n
    })
    await database.close()
    expect(rowsRead).toBeGreaterThan(0)
    expect(rowsRead).toBeLessThan(10_000)
  },
)

test('a capture after the cancel is counted once', async () => {
  const { api, servers } = fixture
  const { body } = await initiate(api, 'tok_capturedByHand', { cancel_window: 3_600 })
  expect((await api('POST', `/v1/payments/${body.id}/cancel`)).status).toBe(200)
  await until('the money is refunded', async () =>
    (await eventTypes(api, body.id)).includes('payment.late_capture_refunded'),
  )
  const metrics = await (await fetch(`${servers[0]?.url}/metrics`)).text()
  expect(metrics).toMatch(/^hedge_late_captures_total 1$/m)
})
