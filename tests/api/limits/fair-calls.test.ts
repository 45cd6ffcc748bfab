import { expect, test } from 'vitest'
import { insertPayments } from '../../support/databases/sql.ts'
import { createPayment } from '../../support/http/api.ts'
import { createPaid, untilStatus } from '../../support/payments/paid.ts'
import { createMerchant, withServers } from '../../support/servers/servers.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'

// A process makes a limited number of calls to processors at once. The calls of one merchant must
// not delay those of others, however slow they are and however many are due.

const fixture = withServers(1)

/** Far more than the concurrency limit. Each call takes two seconds. */
const slow = size({ quick: 80, all: 160 })
/** Tasks of a merchant at its concurrency limit. The tasks of other merchants are queued behind them. */
const backlog = size({ quick: 1_000, all: 20_000 })

const statusOf = async (id: string) => {
  const { body } = await fixture.api('GET', `/v1/payments/${id}`)
  return body.status as string
}

test('slow calls of one merchant leave calls free for the captures and refunds of another', async () => {
  const { api } = fixture
  const other = await createMerchant(fixture)
  const ids: string[] = []
  const submit = async () => {
    const { id } = await createPayment(api)
    const body = { payment_method_token: 'tok_slow' }
    const { status } = await api('POST', `/v1/payments/${id}/initiate`, { body })
    // A busy machine refuses some calls, and answers some after their deadline. These payments do not count.
    if (status === 200) ids.push(id)
    else expect([502, 503]).toContain(status)
  }
  while (ids.length < slow) {
    await Promise.all(Array.from({ length: slow - ids.length }, submit))
  }
  const last = ids.at(-1) ?? ''
  await untilStatus(api, last, 'processing')

  const { id } = await createPaid(other.test)
  await other.test('POST', `/v1/payments/${id}/refund`, { body: { amount: 100 } })
  await until('the refund is paid', async () => {
    const { body } = await other.test('GET', `/v1/payments/${id}`)
    return body.refunds[0].status === 'succeeded'
  })
  // All of them were due earlier.
  const statuses = await Promise.all(ids.map(statusOf))
  expect(statuses.filter((status) => status === 'processing').length).toBeGreaterThan(0)
})

test('a long backlog of one merchant does not delay the tasks of others', async () => {
  const { sql } = fixture
  const { id: busy } = await createMerchant(fixture, 'A busy merchant')
  const other = await createMerchant(fixture, 'A third merchant')
  const owner = { merchant_id: busy, livemode: false }
  await insertPayments(sql, { owner, count: backlog, status: 'canceled' })
  await sql.query(`update payments set processor = 'sandbox' where merchant_id = $1`, [busy])
  await sql.query(
    `insert into payment_tasks (merchant_id, livemode, payment_id, kind, due_at)
     select merchant_id, livemode, id, 'void', now() - interval '1 minute' from payments
     where merchant_id = $1`,
    [busy],
  )
  await createPaid(other.test)
  const left = 'select count(*)::integer as left from payment_tasks where merchant_id = $1'
  const [row] = await sql.query(left, [busy])
  expect(row.left).toBeGreaterThan(0)
})
