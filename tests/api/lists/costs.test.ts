import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isMeasured, measure, recordStatements } from '../../../bench/history/plans.ts'
import { type ListRequest, listRequests } from '../../../bench/history/requests.ts'
import { seedHistory } from '../../../bench/history/seed.ts'
import { scannedMax } from '../../../packages/server/src/lists/scan.sql.ts'
import { clusterUrl } from '../../support/databases/cluster.ts'
import { limitsNeverReached, type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'
import { size } from '../../support/size.ts'

/** Counts the rows in the plans of one PostgreSQL. A plan of a cluster names the nodes, without their rows. */
const testOnOne = test.skipIf(clusterUrl)
const payments = 36_000
/** Rows of one statement with one filter: what an answer of ten items needs, and a reserve. */
const singleMax = 3_000
/** A bound by time reads the hours of the account, of two years at most. */
const hoursMax = 2 * 366 * 24
/** Values that are neither frequent nor rare among the newest payments: they are searched. */
const isSearched = /campaign|key_none|action=api_key/
/** Rows of one statement with two filters, where no index may help: the rows that one page searches. */
const pairMax = 2 * scannedMax + 2_500

let own: OwnApp
let client: pg.PoolClient
let requests: ReturnType<typeof listRequests>

beforeAll(async () => {
  own = await startOwnApp(limitsNeverReached, { isChecked: false })
  const end = new Date()
  const seeder = await own.sql.connect()
  await seedHistory(seeder, { merchantId: own.owner.merchant_id, payments, end })
  const { rows } = await seeder.query<{ id: string; order_id: string; endpoint_id: string }>(
    `select id, metadata ->> 'order_id' as order_id, (select id from webhook_endpoints) as endpoint_id
     from payments where merchant_id = $1 and metadata ? 'order_id' order by id limit 1 offset 9000`,
    [own.owner.merchant_id],
  )
  seeder.release()
  const { id, order_id: orderId = '', endpoint_id: endpointId = '' } = rows[0] ?? {}
  requests = listRequests({ end, orderId, paymentId: id ?? '', endpointId })
  client = await own.database.pool.connect()
})

afterAll(async () => {
  client?.release()
  await own?.close()
})

/** Reads pages until one has items, as a client does, and checks the cost of each statement. */
async function check(request: ListRequest, rowsMax: number): Promise<void> {
  const ids: string[] = []
  let path = request.path
  const statements = await recordStatements(async () => {
    for (let more = true; more && ids.length < 10; ) {
      const { status, body } = await own.api('GET', path)
      expect(status, `${path} ${JSON.stringify(body)}`).toBe(200)
      ids.push(...body.data.map((item: { id: string }) => item.id))
      more = body.has_more
      path = `${request.path}&starting_after=${body.next_cursor ?? body.data.at(-1)?.id}`
    }
  })
  const wanted = await own.sql.query<{ id: string }>(
    `select ${idOf[request.table] ?? 'id'} as id from ${request.table}
     where merchant_id = $1 and not livemode and ${request.condition}
     order by ${request.order} desc limit 10`,
    [own.owner.merchant_id],
  )
  expect(ids.slice(0, 10), request.path).toEqual(wanted.map(({ id }) => id))
  for (const statement of statements.filter(isMeasured)) {
    const { cost, plan } = await measure(client, statement)
    const detail = () => `${request.path}\n${statement.text}\n${JSON.stringify(plan, null, 1)}`
    if (cost.rows > rowsMax) expect(cost.rows, detail()).toBeLessThanOrEqual(rowsMax)
  }
}

/** The id of an event is computed from its subject and its number. */
const idOf: Record<string, string> = {
  events: `'evt_' || substr(subject_id, strpos(subject_id, '_') + 1) || lpad(sequence::text, 4, '0')`,
}

testOnOne('a list with one filter reads what its page needs, whatever the history', async () => {
  for (const request of requests.single) {
    const isTimed = /created(?:_at)?\[l/.test(request.path)
    const rowsMax = singleMax + (isTimed ? hoursMax : 0)
    await check(request, isSearched.test(request.path) ? pairMax : rowsMax)
  }
})

testOnOne(
  'a list with two filters shows all that matches, and reads a limited part for each page',
  async () => {
    const stride = size({ quick: 13, all: 1 })
    const chosen = requests.pairs.filter((_, index) => index % stride === 0)
    for (const request of chosen) await check(request, pairMax)
  },
)

testOnOne('a balance and a dry run read what they count', async () => {
  const [sums] = await own.sql.query(
    `select sum(-amount)::integer as available from ledger_entries
     where merchant_id = $1 and account = 'merchant_available' and currency = 'USD'`,
    [own.owner.merchant_id],
  )
  const [open] = await own.sql.query(
    `select count(*)::integer as count from payments
     where merchant_id = $1 and amount = 9999 and status in ('pending', 'initiated')`,
    [own.owner.merchant_id],
  )
  const statements = await recordStatements(async () => {
    const balance = await own.api('GET', `/v1/merchants/${own.owner.merchant_id}/balance`)
    const [usd] = balance.body.available.filter(
      (sum: { currency: string }) => sum.currency === 'USD',
    )
    expect(usd).toEqual({ amount: sums.available, currency: 'USD' })
    const body = { filter: { amount: 9999 }, dry_run: true }
    const dryRun = await own.api('POST', '/v1/cancellations', { body })
    expect(dryRun.body.total).toBe(open.count)
  })
  expect(open.count).toBeGreaterThan(10)
  for (const statement of statements.filter(isMeasured)) {
    const { cost } = await measure(client, statement)
    expect(cost.rows, statement.text).toBeLessThan(singleMax)
  }
})
