import { Webhook } from 'standardwebhooks'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { verifyWebhook } from '../../../packages/node/src/index.ts'
import { type Api, createPayment } from '../../support/http/api.ts'
import { type Receiver, startReceiver } from '../../support/http/receiver.ts'
import { advance } from '../../support/payments/sandbox.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { until } from '../../support/until.ts'

const fixture = withMerchant()
let api: Api
let receiver: Receiver
let endpoint: { id: string; secret: string; url: string }

beforeAll(() => {
  api = fixture.api
})

beforeEach(async () => {
  receiver = await startReceiver()
  endpoint = (await register(receiver.url)).body
})

afterEach(async () => {
  await api('DELETE', `/v1/webhooks/endpoints/${endpoint.id}`)
  await receiver.close()
})

function register(url: string, more: Record<string, unknown> = {}) {
  return api('POST', '/v1/webhooks/endpoints', { body: { url, ...more } })
}

/** Waits until `look` accepts the deliveries of an event to an endpoint, and returns them. */
async function deliveryOf(
  eventId: string,
  look: (delivery: { status: string; attempt: number }) => boolean,
  endpointId = endpoint.id,
) {
  return await until(`the delivery of ${eventId} is as wanted`, async () => {
    const path = `/v1/webhooks/deliveries?endpoint_id=${endpointId}&event_id=${eventId}`
    const { body } = await api('GET', path)
    return body.data.find(look)
  })
}

async function testEvent(more: Record<string, unknown> = {}) {
  const { status, body } = await api('POST', '/v1/webhooks/test', { body: more })
  expect(status).toBe(200)
  return body
}

function eventsReceived(type: string) {
  return receiver.received.filter(({ event }) => event.type === type)
}

describe('a delivery', () => {
  test('is signed so that standardwebhooks and the SDK both verify it', async () => {
    const payment = await createPayment(api)
    await api('POST', `/v1/payments/${payment.id}/cancel`)
    const got = await until('the cancel arrives', () => eventsReceived('payment.canceled')[0])

    const headers = got.headers as Record<string, string>
    expect(new Webhook(endpoint.secret).verify(got.body, headers)).toMatchObject({
      type: 'payment.canceled',
      data: { id: payment.id, status: 'canceled' },
    })
    const signature = headers['x-hedge-signature']
    const event = verifyWebhook(got.body, signature, endpoint.secret)
    expect(event.id).toBe(headers['webhook-id'])
    const { body } = await api('GET', `/v1/events/${event.id}`)
    expect(body).toEqual(event)
    expect(() => new Webhook(endpoint.secret).verify(`${got.body} `, headers)).toThrow()
  })

  test('is signed with both secrets during a rotation', async () => {
    const { body } = await api('PATCH', `/v1/webhooks/endpoints/${endpoint.id}`, {
      body: { rotate_secret: true },
    })
    expect(body.secret).toMatch(/^whsec_/)
    expect(body.secret).not.toBe(endpoint.secret)
    expect(Date.parse(body.old_secret_expires_at) - Date.parse(body.updated_at)).toBe(86_401_000)
    await testEvent()
    const got = await until('the event arrives', () => receiver.received[0])
    const headers = got.headers as Record<string, string>
    for (const secret of [endpoint.secret, body.secret]) {
      new Webhook(secret).verify(got.body, headers)
      verifyWebhook(got.body, headers['x-hedge-signature'], secret)
    }
  })

  test('of a test event is marked as a test, and goes to the chosen endpoints only', async () => {
    const other = await startReceiver()
    const { body: second } = await register(other.url, { events: ['payment.failed'] })
    try {
      const everywhere = await testEvent({ type: 'payment.failed' })
      expect(everywhere.reason).toBe('test_event')
      expect(everywhere.data.metadata).toEqual({ test_event: 'true' })
      const there = await testEvent({ endpoint_id: second.id })
      const here = await testEvent({ type: 'payment.succeeded' })
      await until(
        'all have come',
        () => receiver.received.length >= 2 && other.received.length >= 2,
      )
      // In any order: events of different payments are sent concurrently.
      const idsOf = ({ received }: Receiver) => received.map(({ event }) => event.id).sort()
      expect(idsOf(receiver)).toEqual([everywhere.id, here.id].sort())
      expect(idsOf(other)).toEqual([everywhere.id, there.id].sort())
      const listed = await api('GET', '/v1/events?limit=3')
      const ids = listed.body.data.map((event: { id: string }) => event.id)
      expect(ids).toEqual([here.id, there.id, everywhere.id])
    } finally {
      await api('DELETE', `/v1/webhooks/endpoints/${second.id}`)
      await other.close()
    }
  })

  test('that fails is retried after growing pauses, and can then be retried by request', async () => {
    receiver.answer(() => ({ status: 500, body: `no\0${'x'.repeat(3000)}` }))
    const { id } = await testEvent()
    const pending = await deliveryOf(id, ({ attempt }) => attempt >= 2)
    expect(pending).toMatchObject({ status: 'pending', response_code: 500 })
    expect(pending.next_attempt_at).not.toBeNull()
    await until('three attempts', () => receiver.received.length >= 3)
    const [first, second, third] = receiver.received.map(({ atMs }) => atMs) as number[]
    // Never earlier than the schedule: after one second, then two.
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(990)
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(1_990)
    const signatures = receiver.received.map(({ headers }) => headers['webhook-id'])
    expect(new Set(signatures)).toEqual(new Set([id]))

    receiver.answer(() => 204)
    await api('POST', `/v1/webhooks/deliveries/${pending.id}/retry`)
    await deliveryOf(id, ({ status }) => status === 'succeeded')
    const { body } = await api('GET', `/v1/webhooks/deliveries/${pending.id}`)
    expect(body.next_attempt_at).toBeNull()
    expect(body.attempts.length).toBe(body.attempt)
    expect(body.attempts[0]).toMatchObject({ response_code: 204, error: null })
    const failed = body.attempts.at(-1)
    expect(failed).toMatchObject({ attempt: 1, response_code: 500, error: 'Answered 500.' })
    // The receiver is on this machine, so test keys do not see its answers.
    expect(failed.response_body).toBeNull()
  })

  test('that waits for a retry is sent earlier when the test clock is advanced', async () => {
    receiver.answer(() => ({ status: 503, headers: { 'retry-after': '60' } }))
    const { id } = await testEvent()
    const waiting = await deliveryOf(id, ({ attempt }) => attempt === 1)
    const dueMs = Date.parse(waiting.next_attempt_at)
    await advance(api, 10)
    const sooner = await deliveryOf(id, () => true)
    expect(sooner.attempt).toBe(1)
    expect(dueMs - Date.parse(sooner.next_attempt_at)).toBe(10_000)
    for (let attempt = 2; attempt <= 6; attempt++) {
      await advance(api, 3_600)
      await deliveryOf(id, (delivery) => delivery.attempt === attempt)
    }
    expect(await deliveryOf(id, () => true)).toMatchObject({ status: 'failed' })
    expect(receiver.received).toHaveLength(6)
  })

  test('that is redirected fails, and nothing is sent to the new address', async () => {
    const other = await startReceiver()
    receiver.answer(() => ({ status: 307, headers: { location: other.url } }))
    try {
      const { id } = await testEvent({ endpoint_id: endpoint.id })
      const delivery = await deliveryOf(id, ({ attempt }) => attempt >= 1)
      expect(delivery).toMatchObject({ status: 'pending', response_code: 307 })
      expect(delivery.error).toContain('redirects are not followed')
      expect(other.received).toEqual([])
    } finally {
      await other.close()
    }
  })

  test('that is answered with 410 disables the endpoint, with an event', async () => {
    const other = await startReceiver()
    const { body: second } = await register(other.url)
    receiver.answer(() => 410)
    try {
      const { id } = await testEvent()
      expect(await deliveryOf(id, ({ status }) => status === 'failed')).toMatchObject({
        attempt: 1,
      })
      const told = await until('another endpoint gets the event', () =>
        other.received.find(({ event }) => event.type === 'webhook_endpoint.disabled'),
      )
      expect(told.event).toMatchObject({
        reason: 'gone',
        sequence: 1,
        data: { id: endpoint.id, enabled: false, disabled_reason: 'gone' },
      })
      const { body } = await api('GET', `/v1/webhooks/endpoints/${endpoint.id}`)
      expect(body).toMatchObject({ enabled: false, disabled_reason: 'gone' })
      expect((await api('GET', `/v1/events/${told.event.id}`)).body).toEqual(told.event)
    } finally {
      await api('DELETE', `/v1/webhooks/endpoints/${second.id}`)
      await other.close()
    }
  })

  test('that was abandoned is listed, and all can be sent again at once', async () => {
    receiver.answer(() => 500)
    const events = [await testEvent(), await testEvent(), await testEvent()]
    await until('each event was attempted', () => receiver.received.length >= 3)
    await api('PATCH', `/v1/webhooks/endpoints/${endpoint.id}`, { body: { enabled: false } })
    const failedPath = `/v1/webhooks/deliveries?endpoint_id=${endpoint.id}&status=failed`
    await until('all are abandoned', async () => {
      const { body } = await api('GET', failedPath)
      return body.data.length === events.length
    })
    receiver.answer(() => 200)
    await api('PATCH', `/v1/webhooks/endpoints/${endpoint.id}`, { body: { enabled: true } })
    const { body } = await api('POST', `/v1/webhooks/endpoints/${endpoint.id}/retry`)
    expect(body).toMatchObject({ count: events.length, has_more: false })
    for (const { id } of events) await deliveryOf(id, ({ status }) => status === 'succeeded')
    expect((await api('GET', failedPath)).body.data).toEqual([])
  })

  test('of every event since a time is created again by a replay', async () => {
    const before = new Date(Date.now() - 1_000).toISOString()
    const payments = [await createPayment(api), await createPayment(api)]
    const mine = () =>
      receiver.received.filter(({ event }) => payments.some(({ id }) => id === event.data.id))
    await until('both events have arrived', () => mine().length === 2)
    const { status } = await api('POST', `/v1/webhooks/endpoints/${endpoint.id}/replay`, {
      body: { since: before },
    })
    expect(status).toBe(202)
    await until('both events have arrived again', () => mine().length === 4)
    const ids = mine().map(({ event }) => event.id)
    expect(ids.slice(2)).toEqual(ids.slice(0, 2))
  })
})

test("first deliveries of a payment's events are in order, also to a slow receiver", async () => {
  let busy = 0
  let overlaps = 0
  receiver.answer(async () => {
    if (++busy > 1) overlaps++
    await new Promise((resolve) => setTimeout(resolve, 50))
    busy--
    return 200
  })
  const payment = await createPayment(api)
  await api('POST', `/v1/payments/${payment.id}/cancel`)
  await until('both events have arrived', () => receiver.received.length >= 2)
  const sequences = receiver.received.map(({ event }) => event.sequence)
  expect(sequences).toEqual([1, 2])
  expect(overlaps).toBe(0)
})
