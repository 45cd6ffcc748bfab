import { beforeAll, describe, expect, test } from 'vitest'
import type { Api } from '../../support/http/api.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { until } from '../../support/until.ts'
import { pageClient } from './page.ts'

const fixture = withMerchant()
let api: Api
let url: string

beforeAll(() => {
  api = fixture.api
  url = fixture.servers[0]?.url ?? ''
})

const order = { amount: 4200, currency: 'eur', customer_email: 'ada@example.com' }

async function createSession(more: Record<string, unknown> = {}) {
  const { status, body } = await api('POST', '/v1/checkout/sessions', {
    body: { ...order, ...more },
  })
  expect(status).toBe(201)
  return body
}

const retrieve = async (id: string) => (await api('GET', `/v1/checkout/sessions/${id}`)).body
const payment = async (id: string) => (await api('GET', `/v1/payments/${id}`)).body

/** Waits for events of a type and an object: events of other merchants may delay them. */
const eventsOf = (type: string, id: string) =>
  until(`there is ${type} of ${id}`, async () => {
    const { body } = await api('GET', `/v1/events?type=${type}&limit=100`)
    const events = body.data.filter((event: { data: { id: string } }) => event.data.id === id)
    return events.length > 0 && events
  })

describe('creating a session', () => {
  test('creates a payment with all fields of the session', async () => {
    const session = await createSession({
      description: 'Two tickets',
      metadata: { order: '17' },
      statement_descriptor: 'TICKETS',
      cancel_window: 60,
      customer_id: 'c-1',
      success_url: 'https://shop.example/thanks?a=1',
      cancel_url: 'https://shop.example/cart',
    })
    expect(session).toMatchObject({
      object: 'checkout_session',
      livemode: false,
      status: 'open',
      payment_status: 'pending',
      amount: 4200,
      currency: 'EUR',
      payment_method_types: ['card'],
    })
    expect(session.url).toBe(`${url}/checkout/${session.id}`)
    expect(await payment(session.payment_id)).toMatchObject({
      amount: 4200,
      currency: 'EUR',
      status: 'pending',
      customer_email: 'ada@example.com',
      customer_id: 'c-1',
      description: 'Two tickets',
      statement_descriptor: 'TICKETS',
      metadata: { order: '17' },
      cancel_window: 60,
      url: session.url,
      expires_at: session.expires_at,
    })
    expect(await retrieve(session.id)).toEqual(session)
  })

  test('twice with the same key returns the same session, with one payment', async () => {
    const body = { ...order, metadata: { once: 'only' } }
    const idempotencyKey = 'session-once'
    const first = await api('POST', '/v1/checkout/sessions', { body, idempotencyKey })
    const second = await api('POST', '/v1/checkout/sessions', { body, idempotencyKey })
    expect(second.text).toBe(first.text)
    const { body: list } = await api('GET', '/v1/payments?metadata[once]=only')
    expect(list.data).toHaveLength(1)
  })

  test.each([
    [{ amount: 0 }, 422, 'invalid_amount'],
    [{ amount: 49 }, 422, 'invalid_amount'],
    [{ currency: 'XYZ' }, 422, 'invalid_currency'],
    [{ currency: 'IRR' }, 422, 'invalid_currency'],
    [{ statement_descriptor: '4711' }, 400, 'invalid_request'],
    [{ payment_method_types: [] }, 400, 'invalid_request'],
    [{ payment_method_types: ['crypto'] }, 400, 'invalid_request'],
    [{ success_url: 'javascript:alert(1)' }, 400, 'invalid_request'],
    [{ success_url: 'http://example.com:99999/' }, 400, 'invalid_request'],
    [{ success_url: 'https://example.com/{SESSION}' }, 400, 'invalid_request'],
    [{ cancel_url: 'http://example.com:99999/' }, 400, 'invalid_request'],
    [{ expires_at: new Date(Date.now() + 30_000).toISOString() }, 400, 'invalid_request'],
    [{ expires_at: new Date(Date.now() + 2 * 86_400_000).toISOString() }, 400, 'invalid_request'],
    [{ card_number: '4242424242424242' }, 400, 'invalid_request'],
  ])('%j is refused with %i %s', async (wrong, status, code) => {
    const answer = await api('POST', '/v1/checkout/sessions', { body: { ...order, ...wrong } })
    expect(answer.status).toBe(status)
    expect(answer.body.error.code).toBe(code)
  })

  test('an unknown session is 404', async () => {
    expect((await api('GET', '/v1/checkout/sessions/cs_0')).status).toBe(404)
    expect((await api('POST', '/v1/checkout/sessions/cs_0/expire')).status).toBe(404)
  })
})

describe('completing a session', () => {
  test('happens once when it is paid, with one event that shows it', async () => {
    const session = await createSession()
    const page = pageClient(url, session.url)
    expect((await page.payWithCard('4242424242424242')).status).toBe(200)
    const complete = await retrieve(session.id)
    expect(complete.status).toBe('complete')
    expect(complete.completed_at).toBe(complete.updated_at)
    await until('the payment has succeeded', async () => {
      return (await payment(session.payment_id)).status === 'succeeded'
    })
    expect((await retrieve(session.id)).payment_status).toBe('succeeded')
    const events = await eventsOf('checkout.completed', session.id)
    expect(events).toHaveLength(1)
    expect(events[0].data).toMatchObject({ object: 'checkout_session', status: 'complete' })
    expect(events[0].sequence).toBe(1)
    expect(events[0].actor).toEqual({ type: 'customer', id: null })
    expect((await api('GET', `/v1/events/${events[0].id}`)).body).toEqual(events[0])
  })

  test('happens when the merchant initiates its payment', async () => {
    const session = await createSession()
    const initiated = await api('POST', `/v1/payments/${session.payment_id}/initiate`, {
      body: { payment_method_token: 'tok_visa' },
    })
    expect(initiated.status).toBe(200)
    expect((await retrieve(session.id)).status).toBe('complete')
  })
})

describe('expiring a session', () => {
  test('by request cancels its payment', async () => {
    const session = await createSession()
    const { status, body } = await api('POST', `/v1/checkout/sessions/${session.id}/expire`)
    expect(status).toBe(200)
    expect(body).toMatchObject({ status: 'expired', payment_status: 'canceled' })
    expect(await payment(session.payment_id)).toMatchObject({
      status: 'canceled',
      cancellation_reason: 'checkout_session_expired',
    })
    expect(await eventsOf('checkout.expired', session.id)).toHaveLength(1)
    const again = await api('POST', `/v1/checkout/sessions/${session.id}/expire`)
    expect(again.status).toBe(412)
    expect(again.body.error).toMatchObject({
      code: 'checkout_session_not_open',
      details: { session_id: session.id, current_status: 'expired' },
    })
  })

  test('is refused once it is paid', async () => {
    const session = await createSession()
    await pageClient(url, session.url).payWithCard('4242424242424242')
    const { status, body } = await api('POST', `/v1/checkout/sessions/${session.id}/expire`)
    expect(status).toBe(412)
    expect(body.error.details.current_status).toBe('complete')
  })

  test('at the same time as paying it: one request wins, and all answers agree', async () => {
    for (let round = 0; round < 5; round++) {
      const session = await createSession()
      const page = pageClient(url, session.url)
      const expire = () => api('POST', `/v1/checkout/sessions/${session.id}/expire`)
      const [first, paid, second] = await Promise.all([
        expire(),
        page.payWithCard('4242424242424242'),
        expire(),
      ])
      const { status, payment_status: paymentStatus } = await retrieve(session.id)
      const won = [first, second].filter((answer) => answer.status === 200).length
      if (status === 'expired') {
        expect(won).toBe(1)
        expect(paymentStatus).toBe('canceled')
        expect(['canceled', 'expired']).toContain(paid.body.stage)
      } else {
        expect(status).toBe('complete')
        expect(won).toBe(0)
        expect(['accepted', 'paid']).toContain(paid.body.stage)
      }
    }
  })

  test('happens by itself, by the test clock of its merchant', async () => {
    const session = await createSession()
    const lonely = await createSession({ customer_email: null })
    expect(lonely.payment_id).toBeNull()
    const advanced = await api('POST', '/v1/test/clock/advance', { body: { seconds: 3_700 } })
    expect(advanced.status).toBe(200)
    for (const { id } of [session, lonely]) {
      const [event] = await eventsOf('checkout.expired', id)
      expect(event.actor).toEqual({ type: 'system', id: null })
      expect((await retrieve(id)).status).toBe('expired')
    }
    expect(await payment(session.payment_id)).toMatchObject({
      status: 'canceled',
      cancellation_reason: 'expired',
    })
    expect((await pageClient(url, session.url).read()).stage).toBe('expired')
  })
})
