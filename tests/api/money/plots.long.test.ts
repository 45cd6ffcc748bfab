import { describe, expect, test } from 'vitest'
import { sumDays } from '../../../packages/server/src/dashboard/statistics/count.sql.ts'
import {
  readReasons,
  readStats,
} from '../../../packages/server/src/dashboard/statistics/stats.sql.ts'
import { connect } from '../../../packages/server/src/database/connect.ts'
import { toTimestamp } from '../../../packages/server/src/domain/time.ts'
import { createPayment } from '../../support/http/api.ts'
import { createPaid, untilStatus } from '../../support/payments/paid.ts'
import { withServers } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'

const fixture = withServers(2)

const ranges = ['day', 'week', 'month', 'quarter'] as const
const dayMs = 86_400_000

describe('the plots', () => {
  test('count each event once, per hour and per day, with two servers counting', async () => {
    const { apis, api } = fixture
    const reasons = ['duplicate', 'duplicate', 'fraudulent']
    await Promise.all(
      reasons.map(async (reason, i) => {
        const { id } = await createPayment(api)
        await apis[i % 2]?.('POST', `/v1/payments/${id}/cancel`, { body: { reason } })
      }),
    )
    // Of a payment that is captured in part, the part is counted.
    const part = await createPayment(api, {
      ...{ amount: 4_000, currency: 'EUR', capture_method: 'manual' },
      ...{ initiate: true, payment_method_token: 'tok_visa' },
    })
    await api('POST', `/v1/payments/${part.id}/capture`, { body: { amount: 300 } })
    await untilStatus(api, part.id, 'succeeded')
    const paid = await createPaid(api, { amount: 5_000, currency: 'EUR' })
    await api('POST', `/v1/payments/${paid.id}/refund`, { body: { amount: 700 } })
    for (const range of ranges) {
      await until(`the refund is in ${range}`, async () => {
        const stats = await readPlots(range)
        return stats.behind_since === null && sum(stats.refunded.EUR ?? []) === 700
      })
      const stats = await readPlots(range)
      expect(sum(stats.created), range).toBe(5)
      expect(sum(stats.canceled), range).toBe(3)
      expect(stats.volume, range).toHaveProperty('EUR')
      expect(sum(stats.volume.EUR), range).toBe(5_300)
      expect(stats.reasons, range).toEqual([
        { reason: 'duplicate', count: 2 },
        { reason: 'fraudulent', count: 1 },
      ])
    }
  })

  test('are complete per day again after an older server has counted only per hour', async () => {
    const { sql, owner } = fixture
    await sql.query(
      `insert into hourly_stats values ($1, false, date_trunc('hour', now()),
        'canceled', 'SEK', 'other', 3, 900)`,
      [owner.merchant_id],
    )
    const watched = watch()
    await sumDays(watched.db)
    await watched.close()
    const { canceled, reasons } = await readPlots('week')
    expect(sum(canceled)).toBe(6)
    expect(reasons).toContainEqual({ reason: 'other', count: 3 })
  })

  test('of a million payments in twenty currencies read few rows', async () => {
    await sumMillion()
    const watched = watch()
    const since = toTimestamp(Math.floor(Date.now() / dayMs) * dayMs - 89 * dayMs)
    const account = { merchantId: fixture.owner.merchant_id, livemode: false }
    await readStats(watched.db, { account, since, bucket: 'day' })
    await readReasons(watched.db, { account, since, bucket: 'day', limit: 6 })
    await watched.close()
    const [stats, reasons] = watched.statements
    // A few more rows for the payments of the tests above.
    expect(await rowsRead(stats)).toBeLessThanOrEqual(90 * 20 * 4 + 20)
    expect(await rowsRead(reasons)).toBeLessThanOrEqual(90 * 10 + 20)
    // With so few rows read, the sums must still be complete.
    expect(sum((await readPlots('quarter')).created)).toBeGreaterThanOrEqual(1_000_000)
    for (const range of ranges) {
      process.stdout.write(`plots of a ${range}, over HTTP: ${await medianMs(range)} ms\n`)
    }
  })
})

/** The requests of the dashboard. */
async function readPlots(range: string) {
  const [server] = fixture.servers
  const response = await fetch(`${server?.url}/dashboard/api/stats?range=${range}`, {
    headers: { cookie: await signedIn(), 'sec-fetch-site': 'same-origin' },
  })
  expect(response.status).toBe(200)
  return await response.json()
}

let cookie: string | undefined

async function signedIn(): Promise<string> {
  const [server] = fixture.servers
  if (cookie !== undefined) return cookie
  const response = await fetch(`${server?.url}/dashboard/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify({ secret_key: server?.secretKey }),
  })
  cookie = response.headers.get('set-cookie')?.split(';')[0] ?? ''
  return cookie
}

/**
 * The sums of a million payments in the worst case: ninety days, twenty currencies and ten reasons,
 * so that almost every hour has a row of each kind.
 */
async function sumMillion(): Promise<void> {
  await fixture.sql.query(
    `with payments as (
      select date_trunc('hour', now()) - make_interval(hours => n % 2136) as hour,
        'X' || chr(65 + (n / 2136) % 20) || 'X' as currency, n % 100 as chance,
        'reason_' || chr(97 + (n / 100) % 10) as reason
      from generate_series(1, 1000000) n
    )
    insert into hourly_stats
    select $1, false, hour, measure, currency, label, count(*), count(*) * 100
    from payments, lateral (values ('created', ''), (
      case when chance < 70 then 'succeeded' when chance < 80 then 'failed' else 'canceled' end,
      case when chance < 80 then '' else reason end)) m (measure, label)
    group by 3, 4, 5, 6 order by 3`,
    [fixture.owner.merchant_id],
  )
  await fixture.sql.query(
    `insert into daily_stats
    select merchant_id, livemode, date_trunc('day', hour, 'UTC'), measure, currency,
      sum(count), sum(amount)
    from hourly_stats where currency like 'X_X' group by 1, 2, 3, 4, 5`,
  )
  await fixture.sql.query(
    `insert into daily_reasons
    select merchant_id, livemode, date_trunc('day', hour, 'UTC'), label, sum(count)
    from hourly_stats where currency like 'X_X' and measure = 'canceled' group by 1, 2, 3, 4`,
  )
  await fixture.sql.query('analyze hourly_stats, daily_stats, daily_reasons')
}

/** A connection to the database that records its statements. */
function watch() {
  const { db, close } = connect({ url: fixture.database.url, onError: () => undefined })
  const statements: { sql: string; parameters: readonly unknown[] }[] = []
  const watched = db.withPlugin({
    transformQuery: ({ node, queryId }) => {
      statements.push(db.getExecutor().compileQuery(node, queryId))
      return node
    },
    transformResult: async ({ result }) => result,
  })
  return { db: watched, statements, close }
}

interface PlanNode {
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  Plans?: PlanNode[]
}

/** How many rows of tables and indexes a statement reads. */
async function rowsRead(statement?: { sql: string; parameters: readonly unknown[] }) {
  if (!statement) throw new Error('the statement was not sent')
  const [{ 'QUERY PLAN': plans }] = await fixture.sql.query(
    `explain (analyze, format json) ${statement.sql}`,
    [...statement.parameters],
  )
  const count = (node: PlanNode): number =>
    node.Plans
      ? sum(node.Plans.map(count))
      : (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops']
  process.stdout.write(`in PostgreSQL: ${plans[0]['Execution Time'].toFixed(1)} ms\n`)
  return count(plans[0].Plan)
}

/** Printed for readers. No assertion depends on it. */
async function medianMs(range: string): Promise<string> {
  const took: number[] = []
  for (let i = 0; i < 21; i++) {
    const startedMs = performance.now()
    await readPlots(range)
    took.push(performance.now() - startedMs)
  }
  return took.sort((a, b) => a - b)[10]?.toFixed(1) ?? ''
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
