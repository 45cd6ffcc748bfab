import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, apiClient } from '../../support/http/api.ts'
import { type Receiver, startReceiver } from '../../support/http/receiver.ts'
import { eventTypes, untilStatus } from '../../support/payments/paid.ts'
import { advance, attempts, movements } from '../../support/payments/sandbox.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { createMerchant } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'
import { capture, createAuthorized } from './authorized.ts'

const fixture = withMerchant()
const day = 86_400
const expiring = 'payment.authorization_expiring'

/** A merchant of its own, whose clock only one test moves. */
async function newApi(): Promise<Api> {
  const { testKey } = await createMerchant(fixture)
  return apiClient(fixture.servers[0]?.url ?? '', testKey)
}

const untilWarned = (api: Api, id: string) =>
  until('the end is announced', async () => (await eventTypes(api, id)).includes(expiring))

describe('an authorization that nobody captures', () => {
  test('is announced a day before its end, once, and then fails the payment', async () => {
    const api = await newApi()
    const { id, authorization_expires_at: end } = await createAuthorized(api)
    await advance(api, 6 * day + 1)
    await untilWarned(api, id)
    const warned = (await api('GET', `/v1/payments/${id}`)).body
    expect(warned).toMatchObject({ status: 'initiated', cancelable_until: end })
    await advance(api, day)
    const failed = await untilStatus(api, id, 'failed')
    expect(failed).toMatchObject({
      failure_code: 'authorization_expired',
      failure_message: 'The authorization has ended without a capture.',
      captured_amount: 0,
      cancelable: false,
      allowed_actions: [],
    })
    expect(await eventTypes(api, id)).toEqual([
      'payment.created',
      'payment.initiated',
      expiring,
      'payment.failed',
    ])
    const { body } = await api('GET', `/v1/payments/${id}/events`)
    expect(body.data[0]).toMatchObject({
      actor: { type: 'processor', id: 'sandbox' },
      from_status: 'initiated',
      to_status: 'failed',
      reason: 'authorization_expired',
    })
    expect(body.data[1]).toMatchObject({ actor: { type: 'system' }, data: { status: 'initiated' } })
    expect(await movements(fixture.sql, id)).toEqual(['authorize'])
    expect((await capture(api, id)).body.error.details.current_status).toBe('failed')
  })

  test('fails its payment also if the day before was missed', async () => {
    const api = await newApi()
    const { id } = await createAuthorized(api)
    await advance(api, 30 * day)
    await untilStatus(api, id, 'failed')
    expect(await eventTypes(api, id)).not.toContain(expiring)
  })

  test('can be captured in its last day, and is left alone when that is over', async () => {
    const api = await newApi()
    const { id } = await createAuthorized(api)
    await advance(api, 6 * day + 1)
    await untilWarned(api, id)
    await capture(api, id)
    const paid = await untilStatus(api, id, 'succeeded')
    expect(paid.captured_amount).toBe(9999)
    await advance(api, 2 * day)
    const { id: later } = await createAuthorized(api)
    await advance(api, 8 * day)
    await untilStatus(api, later, 'failed')
    expect((await api('GET', `/v1/payments/${id}`)).body.status).toBe('succeeded')
  })

  test('is not looked up any more once its payment is canceled', async () => {
    const api = await newApi()
    const { id } = await createAuthorized(api)
    await api('POST', `/v1/payments/${id}/cancel`)
    await advance(api, 8 * day)
    await until('its tasks are done', async () => {
      const tasks = await fixture.sql.query('select from payment_tasks where payment_id = $1', [id])
      return tasks.length === 0
    })
    expect(await attempts(api, id)).toEqual(['authorize authorized', 'void voided'])
    expect((await api('GET', `/v1/payments/${id}`)).body.status).toBe('canceled')
  })

  test('is voided by a cancel on its last day', async () => {
    const api = await newApi()
    const { id } = await createAuthorized(api)
    await advance(api, 6 * day + 1)
    await untilWarned(api, id)
    expect((await api('POST', `/v1/payments/${id}/cancel`)).status).toBe(200)
    await until('it is voided', async () => (await attempts(api, id)).includes('void voided'))
  })
})

test('money that was taken by hand with the authorization is found without a message', async () => {
  const api = await newApi()
  const { id } = await createAuthorized(api, { payment_method_token: 'tok_capturedByHand' })
  const paid = await untilStatus(api, id, 'succeeded')
  expect(paid).toMatchObject({ capture_method: 'manual', captured_amount: 9999 })
})

describe('its events reach webhooks', () => {
  let receiver: Receiver

  beforeAll(async () => {
    receiver = await startReceiver()
  })

  afterAll(() => receiver?.close())

  test('the announcement, the failure and a capture, each with its payment', async () => {
    const api = await newApi()
    const events = [expiring, 'payment.failed', 'payment.processing', 'payment.succeeded']
    const registered = await api('POST', '/v1/webhooks/endpoints', {
      body: { url: receiver.url, events },
    })
    expect(registered.status).toBe(201)
    const { id: captured } = await createAuthorized(api)
    await capture(api, captured, { amount: 100 })
    const { id: lapsed } = await createAuthorized(api)
    await untilStatus(api, captured, 'succeeded')
    await advance(api, 6 * day + 1)
    await untilWarned(api, lapsed)
    await advance(api, day)
    const typesOf = (id: string) =>
      receiver.received
        .filter(({ event }) => event.data.id === id)
        .map(({ event }) => event.type as string)
        .sort()
    await until('all have come', () => typesOf(captured).length + typesOf(lapsed).length >= 4)
    expect(typesOf(captured)).toEqual(['payment.processing', 'payment.succeeded'])
    expect(typesOf(lapsed)).toEqual([expiring, 'payment.failed'])
  })
})
