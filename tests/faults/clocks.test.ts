import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, apiClient, createPayment } from '../support/api.ts'
import { brokenInvariants } from '../support/invariants.ts'
import { startServer, type TestServer, tell } from '../support/server.ts'
import { withServers } from '../support/servers.ts'
import { until } from '../support/until.ts'

const entry = fileURLToPath(new URL('../support/fitted-server-process.ts', import.meta.url))
const fixture = withServers(1)

let slow: TestServer
/** Asks the server whose clock is ten minutes behind. */
let behind: Api

beforeAll(async () => {
  slow = await startServer({ databaseUrl: fixture.database.url, entry })
  await tell(slow, { clockAheadMs: -600_000 })
  behind = apiClient(slow.url, slow.secretKey)
})

afterAll(() => slow?.kill())

test('an undo window lasts as long as the answer says, although the clock of its server is behind', async () => {
  const { api, sql } = fixture
  await api('POST', '/v1/test/clock/advance', { body: { seconds: 3_600 } })
  const token = { payment_method_token: 'tok_visa' }
  const created = await createPayment(behind, { cancel_window: 90 })
  const initiate = `/v1/payments/${created.id}/initiate`
  const { body: initiated } = await behind('POST', initiate, { body: token })
  const atOnce = await createPayment(behind, { cancel_window: 90, initiate: true, ...token })
  // Whoever moves on what is due takes the one that is due first.
  const { id } = await createPayment(api, { cancel_window: 1, initiate: true, ...token })
  await until('a shorter window has ended', async () => {
    const { body } = await api('GET', `/v1/payments/${id}`)
    return body.status === 'succeeded'
  })
  for (const { id, cancelable_until, updated_at } of [initiated, atOnce]) {
    expect(Date.parse(cancelable_until) - Date.parse(updated_at)).toBe(91_000)
    const canceled = await behind('POST', `/v1/payments/${id}/cancel`)
    expect([canceled.status, canceled.body.status]).toEqual([200, 'canceled'])
  }
  expect(await brokenInvariants(sql, { isAtRest: false })).toEqual({})
})

test('a bulk cancel takes what was there, and nothing that came after, by whichever clock it was made', async () => {
  const { api } = fixture
  const customer = { customer_id: 'bulk' }
  const there = [
    await createPayment(api, customer),
    await createPayment(behind, customer),
    await createPayment(api, customer),
  ]
  const other = await createPayment(api)
  const { body: accepted } = await behind('POST', '/v1/cancellations', {
    body: { filter: customer },
  })
  const later = [await createPayment(behind, customer), await createPayment(api, customer)]
  const done = await until('the cancellation is done', async () => {
    const { body } = await api('GET', `/v1/cancellations/${accepted.id}`)
    return body.status === 'completed' && body
  })
  expect(done).toMatchObject({ total: 3, processed: 3, canceled: 3, refused: 0, not_found: 0 })
  const statusOf = async ({ id }: { id: string }) =>
    (await api('GET', `/v1/payments/${id}`)).body.status
  for (const payment of there) expect(await statusOf(payment)).toBe('canceled')
  for (const payment of [other, ...later]) expect(await statusOf(payment)).toBe('pending')
})

test('time never runs backwards within a payment, whichever process takes its steps', async () => {
  const { api, sql } = fixture
  const token = { payment_method_token: 'tok_visa' }
  const window = { cancel_window: 3_600, initiate: true, ...token }
  const canceled = await createPayment(api, window)
  const reversed = await createPayment(api, window)
  const declined = await createPayment(api)
  const challenged = await createPayment(api)
  const bulk = await createPayment(api, { ...window, customer_id: 'backwards' })
  const paid = await createPayment(api, { initiate: true, ...token })
  await until('it is paid', async () => {
    return (await api('GET', `/v1/payments/${paid.id}`)).body.status === 'succeeded'
  })
  const post = (id: string, what: string, body: object = {}) =>
    behind('POST', `/v1/payments/${id}/${what}`, { body })
  const steps = [
    await post(canceled.id, 'cancel'),
    await post(reversed.id, 'reverse'),
    await post(declined.id, 'initiate', { payment_method_token: 'tok_chargeDeclined' }),
    await post(challenged.id, 'initiate', { payment_method_token: 'tok_threeDSecureRequired' }),
    await post(paid.id, 'refund', { amount: 1 }),
    await post(paid.id, 'reverse'),
  ]
  for (const step of steps) expect(step.status, step.text).toBe(200)
  await behind('POST', '/v1/cancellations', { body: { filter: { customer_id: 'backwards' } } })
  await until('the bulk cancel is done', async () => {
    return (await api('GET', `/v1/payments/${bulk.id}`)).body.status === 'canceled'
  })
  for (const { body } of steps) {
    expect(Date.parse(body.updated_at)).toBeGreaterThanOrEqual(Date.parse(body.created_at))
  }
  expect(await brokenInvariants(sql, { isAtRest: false })).toEqual({})
})
