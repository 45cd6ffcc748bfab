import { afterAll, beforeAll, expect, test } from 'vitest'
import { insertPayments } from '../../support/databases/sql.ts'
import {
  type Api,
  type ApiAnswer,
  apiClient,
  createPayment,
  paymentBody,
} from '../../support/http/api.ts'
import { startServer, type TestServer } from '../../support/servers/server.ts'
import { withServers } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'

const fixture = withServers(1)

/** The only running server. Another one would continue the work of a stopped server. */
let running: { server: TestServer; api: Api }

beforeAll(() => {
  const [server] = fixture.servers
  running = { server: server ?? expect.fail('no server'), api: fixture.api }
})

afterAll(() => running.server.stop())

async function startNext(): Promise<void> {
  const server = await startServer({ databaseUrl: fixture.database.url })
  running = { server, api: apiClient(server.url, server.secretKey) }
}

test('a replayed answer has the same bytes before and after a restart', async () => {
  const { id } = await createPayment(running.api, { metadata: { b: '1', a: '2' } })
  const { id: other } = await createPayment(running.api)
  const requests: [path: string, options: Parameters<Api>[2]][] = [
    ['/v1/payments', { body: paymentBody({ metadata: { z: '1', y: '2' } }) }],
    [`/v1/payments/${id}/cancel`, { body: { reason: 'first' } }],
    [`/v1/payments/${id}/cancel`, { body: { reason: 'second' } }],
    [`/v1/payments/${other}/cancel`, { headers: { 'if-match': '"9"' } }],
    ['/v1/cancellations', { body: { payment_ids: ['pay_unknown'] } }],
    ['/v1/payments/cancel', { body: { idempotency_key: 'not yet' } }],
    ['/v1/auth/api-keys', { body: {} }],
    ['/v1/merchants', { body: { name: 'One' } }],
  ]
  const send = () =>
    requests.reduce<Promise<ApiAnswer[]>>(
      async (answers, [path, options], i) => [
        ...(await answers),
        await running.api('POST', path, { ...options, idempotencyKey: `request ${i}` }),
      ],
      Promise.resolve([]),
    )
  const before = await send()
  expect(before.map(({ status }) => status)).toEqual([201, 200, 412, 412, 201, 202, 201, 201])
  expect(await running.server.stop()).toBe(0)

  await startNext()
  const after = await send()
  expect(after.map(({ status, text }) => [status, text])).toEqual(
    before.map(({ status, text }) => [status, text]),
  )
  for (const { headers } of after) expect(headers.get('idempotent-replayed')).toBe('true')
})

test('another process completes a bulk cancellation after a kill, and cancels no payment twice', async () => {
  const { owner } = fixture
  await insertPayments(fixture.sql, { owner, count: 10_000, customerId: 'killed' })
  const { body } = await running.api('POST', '/v1/cancellations', {
    body: { filter: { customer_id: 'killed' } },
  })
  await until('it is in the middle', async () => {
    const read = await running.api('GET', `/v1/cancellations/${body.id}`)
    return read.body.processed > 0
  })
  await running.server.kill()
  const [left] = await fixture.sql.query(
    `select processed, canceled from cancellations where id = $1`,
    [body.id],
  )
  expect(left.processed).toBeLessThan(10_000)
  await startNext()
  const done = await until('it is done', async () => {
    const read = await running.api('GET', `/v1/cancellations/${body.id}`)
    return read.body.status === 'completed' && read.body
  })
  expect(done).toMatchObject({ total: 10_000, processed: 10_000, canceled: 10_000, refused: 0 })
  const [events] = await fixture.sql.query(
    `select count(*)::integer as n, count(distinct subject_id)::integer as payments from events
     where type = 'payment.canceled' and subject_id in (select id from payments where customer_id = 'killed')`,
  )
  expect(events).toEqual({ n: 10_000, payments: 10_000 })
  expect(await running.server.stop()).toBe(0)
})
