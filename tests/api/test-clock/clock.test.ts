import { beforeAll, describe, expect, test } from 'vitest'
import { type Api, apiClient, createPayment, paymentBody } from '../../support/http/api.ts'
import { eventTypes, untilStatus } from '../../support/payments/paid.ts'
import { advance, initiate } from '../../support/payments/sandbox.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { createLiveMerchant } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'

const fixture = withMerchant()
let api: Api

beforeAll(() => {
  api = fixture.api
})

async function clock(at: Api): Promise<{ now: string; offset_seconds: number }> {
  return (await at('GET', '/v1/test/clock')).body
}

describe('the test clock', () => {
  test('advances at once on the process of the request, and soon on all others', async () => {
    const before = (await clock(api)).offset_seconds
    await advance(api, 7_200)
    expect((await clock(api)).offset_seconds).toBe(before + 7_200)
    const payment = await createPayment(api)
    const aheadMs = Date.parse(payment.created_at) - Date.now()
    expect(aheadMs).toBeGreaterThan((before + 7_200) * 1000 - 60_000)
    const [, elsewhere] = fixture.apis as [Api, Api]
    await until('the other process follows', async () => {
      const there = await createPayment(elsewhere)
      return Date.parse(there.created_at) >= Date.parse(payment.created_at)
    })
  })

  test('advances once for repeated requests with the same key', async () => {
    const before = (await clock(api)).offset_seconds
    const request = { body: { seconds: 100 }, idempotencyKey: 'jump once' }
    await api('POST', '/v1/test/clock/advance', request)
    await api('POST', '/v1/test/clock/advance', request)
    expect((await clock(api)).offset_seconds).toBe(before + 100)
  })

  test('does not stop the replay of a create whose payment has expired', async () => {
    const { now } = await clock(api)
    const expires_at = new Date(Date.parse(now) + 600_000).toISOString().replace('.000', '')
    const request = { body: paymentBody({ expires_at }), idempotencyKey: 'repeated late' }
    const first = await api('POST', '/v1/payments', request)
    expect(first.status).toBe(201)
    await advance(api, 700)
    const again = await api('POST', '/v1/payments', request)
    expect([again.status, again.text]).toEqual([201, first.text])
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    const other = await api('POST', '/v1/payments', { ...request, idempotencyKey: 'too late' })
    expect(other.body.error.details.field).toBe('expires_at')
  })

  test('expires an unpaid payment: canceled by the system, with one event', async () => {
    const payment = await createPayment(api)
    await advance(api, 3_700)
    const expired = await untilStatus(api, payment.id, 'canceled')
    expect(expired.cancellation_reason).toBe('expired')
    expect(expired.canceled_at).toBe(expired.updated_at)
    expect(await eventTypes(api, payment.id)).toEqual(['payment.created', 'payment.canceled'])
    const { body } = await api('GET', `/v1/payments/${payment.id}/events`)
    expect(body.data[0]).toMatchObject({
      actor: { type: 'system', id: null },
      from_status: 'pending',
      to_status: 'canceled',
      reason: 'expired',
    })
  })

  test('ends an undo window on time, and not before', async () => {
    const { body } = await initiate(api, 'tok_visa', { cancel_window: 86_400 })
    await advance(api, 86_000)
    expect((await api('GET', `/v1/payments/${body.id}`)).body.status).toBe('initiated')
    await advance(api, 500)
    await untilStatus(api, body.id, 'succeeded')
  })

  test('changes nothing at the end of the window for a payment canceled within it', async () => {
    const { body } = await initiate(api, 'tok_visa', { cancel_window: 600 })
    const canceled = await api('POST', `/v1/payments/${body.id}/cancel`)
    await advance(api, 601)
    // Another payment with a later window has succeeded, so the worker has had time for the first one.
    const { body: later } = await initiate(api, 'tok_visa', { cancel_window: 600 })
    await advance(api, 601)
    await untilStatus(api, later.id, 'succeeded')
    expect((await api('GET', `/v1/payments/${body.id}`)).body).toEqual(canceled.body)
    expect(await eventTypes(api, body.id)).toEqual([
      'payment.created',
      'payment.initiated',
      'payment.canceled',
    ])
  })

  test('does not affect another merchant or live mode', async () => {
    const { test: other, live } = await createLiveMerchant(fixture)
    await advance(api, 60)
    expect((await clock(other)).offset_seconds).toBe(0)
    expect((await live('GET', '/v1/test/clock')).status).toBe(404)
    const { status } = await live('POST', '/v1/test/clock/advance', { body: { seconds: 60 } })
    expect(status).toBe(404)
  })

  test('refuses to go back, or further than ten years ahead', async () => {
    const back = await api('POST', '/v1/test/clock/advance', { body: { seconds: -1 } })
    expect(back.status).toBe(400)
    const made = await api('POST', '/v1/merchants', { body: { name: 'Far away' } })
    const far = apiClient(fixture.servers[0]?.url ?? '', made.body.api_keys[0].secret_key)
    for (let year = 1; year <= 10; year++) await advance(far, 366 * 86_400)
    const { status } = await far('POST', '/v1/test/clock/advance', { body: { seconds: 1 } })
    expect(status).toBe(400)
  })
})
