import { expect, test } from 'vitest'
import { insertPayments } from '../../support/databases/sql.ts'
import { createPayment } from '../../support/http/api.ts'
import { createPaid, untilStatus } from '../../support/payments/paid.ts'
import { createMerchant, withServers } from '../../support/servers/servers.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'

// Calls to processors are made some at a time. Those of one merchant must not keep the others'
// waiting, however slow they are and however many are due.

const fixture = withServers(1)

/** Far more than are called for at once; each takes two seconds. */
const slow = size({ quick: 60, all: 120 })
/** Due for a merchant that has all its calls running: the tasks of the others stand behind them. */
const backlog = size({ quick: 2_000, all: 20_000 })

const statusOf = async (id: string) => {
  const { body } = await fixture.api('GET', `/v1/payments/${id}`)
  return body.status as string
}

test('slow calls of one merchant leave calls free for the captures and refunds of another', async () => {
  const { api } = fixture
  const other = await createMerchant(fixture)
  const ids = await Promise.all(
    Array.from({ length: slow }, async () => {
      const { id } = await createPayment(api)
      const body = { payment_method_token: 'tok_slow' }
      expect((await api('POST', `/v1/payments/${id}/initiate`, { body })).status).toBe(200)
      return id
    }),
  )
  const last = ids.at(-1) ?? ''
  await untilStatus(api, last, 'processing')

  const { id } = await createPaid(other.test)
  await other.test('POST', `/v1/payments/${id}/refund`, { body: { amount: 100 } })
  await until('the refund is paid', async () => {
    const { body } = await other.test('GET', `/v1/payments/${id}`)
    return body.refunds[0].status === 'succeeded'
  })
  // All of them were due before.
  const statuses = await Promise.all(ids.map(statusOf))
  expect(statuses.filter((status) => status === 'processing').length).toBeGreaterThan(0)
})

test('a long backlog of one merchant is no queue that others wait in', async () => {
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
