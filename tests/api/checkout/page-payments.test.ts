import { describe, expect, test } from 'vitest'
import { createPayment } from '../../support/http/api.ts'
import { untilStatus } from '../../support/payments/paid.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { until } from '../../support/until.ts'
import { pageClient } from './page.ts'

const fixture = withMerchant()

async function createSession(more: Record<string, unknown> = {}) {
  const { status, body } = await fixture.api('POST', '/v1/checkout/sessions', {
    body: { amount: 1999, currency: 'USD', customer_email: 'ada@example.com', ...more },
  })
  expect(status).toBe(201)
  return body
}

const pageOf = (link: { url: string }) => pageClient(fixture.servers[0]?.url ?? '', link.url)
const read = async (id: string) => (await fixture.api('GET', `/v1/payments/${id}`)).body
const cancel = (id: string) => fixture.api('POST', `/v1/payments/${id}/cancel`)

describe('a payment on the page', () => {
  test('is paid by its own link', async () => {
    const payment = await createPayment(fixture.api)
    const { body } = await pageOf(payment).payWithCard('4242424242424242')
    expect(['accepted', 'paid']).toContain(body.stage)
    expect((await read(payment.id)).status).toMatch(/initiated|processing|succeeded/)
  })

  test('can be tried again by its own link after a decline, as a new payment with the same fields', async () => {
    const first = await createPayment(fixture.api, {
      metadata: { order: '8' },
      cancel_window: 30,
      customer_id: 'c-8',
    })
    const page = pageOf(first)
    const { body } = await page.payWithCard('4000000000000002')
    expect(body).toMatchObject({ stage: 'open', decline_code: 'card_declined' })
    const paid = await Promise.all(
      Array.from({ length: 8 }, () => page.ask('/pay', { method: 'card', token: 'tok_visa' })),
    )
    for (const { body } of paid) expect(body).toMatchObject({ stage: 'accepted' })
    expect(await read(first.id)).toMatchObject({ status: 'failed' })
    const { data } = (await fixture.api('GET', '/v1/payments?metadata[order]=8')).body
    expect(data).toHaveLength(2)
    const [retry] = data
    const { amount, currency, customer_email, customer_id, metadata, url, expires_at } = first
    expect(retry).toMatchObject({
      ...{ amount, currency, customer_email, customer_id, metadata, url, expires_at },
      status: 'initiated',
      cancel_window: 30,
    })
    const events = (await fixture.api('GET', `/v1/payments/${retry.id}/events`)).body.data
    expect(events.at(-1)).toMatchObject({ type: 'payment.created', actor: { type: 'customer' } })
    // The id of the retry leads to the same page.
    const byRetry = pageOf({ url: `/pay/${retry.id}` })
    expect((await byRetry.read()).version).toBe((await page.read()).version)
    await cancel(retry.id)
    expect((await page.read()).stage).toBe('canceled')
    expect((await page.payWithCard('4242424242424242')).body.stage).toBe('canceled')
  })

  test('is refused by its own link after ten declined cards', async () => {
    const payment = await createPayment(fixture.api, { metadata: { order: '10' } })
    const page = pageOf(payment)
    for (let n = 0; n < 10; n++) await page.payWithCard('4000000000000002')
    expect((await page.read()).stage).toBe('declined')
    expect((await page.payWithCard('4242424242424242')).body.stage).toBe('declined')
    const { data } = (await fixture.api('GET', '/v1/payments?metadata[order]=10')).body
    expect(data).toHaveLength(10)
  })

  test('is not offered again if it was accepted first and failed later', async () => {
    const payment = await createPayment(fixture.api, { payment_method: 'ach' })
    const page = pageOf(payment)
    await page.payWithAccount('1111222233331111')
    await untilStatus(fixture.api, payment.id, 'failed')
    expect((await page.read()).stage).toBe('declined')
  })

  test('of a session can be tried again after a decline, as a new payment with the same fields', async () => {
    const session = await createSession({ metadata: { order: '9' }, cancel_window: 30 })
    const page = pageOf(session)
    const declined = await page.payWithCard('4000000000009995')
    expect(declined.body).toMatchObject({ stage: 'open', decline_code: 'insufficient_funds' })
    const paid = await page.payWithCard('4242424242424242')
    expect(paid.body).toMatchObject({ stage: 'accepted', decline_code: null })
    const now = (await fixture.api('GET', `/v1/checkout/sessions/${session.id}`)).body
    expect(now.status).toBe('complete')
    expect(now.payment_id).not.toBe(session.payment_id)
    expect(await read(session.payment_id)).toMatchObject({ status: 'failed' })
    expect(await read(now.payment_id)).toMatchObject({
      status: 'initiated',
      customer_email: 'ada@example.com',
      metadata: { order: '9' },
      cancel_window: 30,
      amount: 1999,
    })
  })

  test('is authorized by a session with manual capture, which is complete then, after a decline too', async () => {
    const session = await createSession({ capture_method: 'manual' })
    expect(session.capture_method).toBe('manual')
    const page = pageOf(session)
    expect((await page.payWithCard('4000000000009995')).body.stage).toBe('open')
    expect((await page.payWithCard('4242424242424242')).body.stage).toBe('accepted')
    const { body: now } = await fixture.api('GET', `/v1/checkout/sessions/${session.id}`)
    expect(now).toMatchObject({ status: 'complete', payment_status: 'initiated' })
    expect(await read(now.payment_id)).toMatchObject({
      capture_method: 'manual',
      captured_amount: 0,
      allowed_actions: ['cancel', 'capture', 'reverse'],
    })
    const path = `/v1/payments/${now.payment_id}/capture`
    const captured = await fixture.api('POST', path, { body: { amount: 1_000 } })
    expect(captured.status).toBe(200)
    const paid = await untilStatus(fixture.api, now.payment_id, 'succeeded')
    expect(paid).toMatchObject({ amount: 1999, captured_amount: 1_000 })
  })

  test('is paid once when two tabs pay at the same time', async () => {
    const session = await createSession()
    const page = pageOf(session)
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => page.payWithCard('4242424242424242')),
    )
    for (const { body } of answers) expect(['accepted', 'paid']).toContain(body.stage)
    const { body: list } = await fixture.api('GET', '/v1/payments?limit=100')
    const made = list.data.filter((payment: { url: string }) => payment.url === session.url)
    expect(made).toHaveLength(1)
  })

  test('of a session is found by the id of an earlier try', async () => {
    const session = await createSession()
    const page = pageOf(session)
    await page.payWithCard('4000000000009995')
    await page.payWithCard('4242424242424242')
    const byFirst = pageOf({ url: `/pay/${session.payment_id}` })
    await until('the session is paid', async () => (await page.read()).stage === 'paid')
    expect((await byFirst.read()).stage).toBe('paid')
  })

  test('of a session is refused after ten declined cards', async () => {
    const session = await createSession()
    const page = pageOf(session)
    for (let n = 0; n < 10; n++) await page.payWithCard('4000000000000002')
    expect((await page.read()).stage).toBe('declined')
    const { body: list } = await fixture.api('GET', '/v1/payments?limit=100')
    const made = list.data.filter((payment: { url: string }) => payment.url === session.url)
    expect(made).toHaveLength(10)
  })

  test('of a session by bank account is a new payment, and the payment by card is canceled', async () => {
    const session = await createSession({ payment_method_types: ['card', 'ach'] })
    const { body } = await pageOf(session).payWithAccount('1111222233330000')
    expect(['accepted', 'paid']).toContain(body.stage)
    const now = (await fixture.api('GET', `/v1/checkout/sessions/${session.id}`)).body
    expect(await read(now.payment_id)).toMatchObject({ payment_method: 'ach' })
    expect(await read(session.payment_id)).toMatchObject({
      status: 'canceled',
      cancellation_reason: 'payment_method_changed',
    })
  })

  test('needs the e-mail of the customer, if the merchant gave none', async () => {
    const session = await createSession({ customer_email: null })
    expect(session.payment_id).toBeNull()
    const page = pageOf(session)
    expect((await page.read()).needs_email).toBe(true)
    const without = await page.payWithCard('4242424242424242')
    expect(without.status).toBe(400)
    const given = await page.payWithCard('4242424242424242', { email: 'grace@example.com' })
    expect(['accepted', 'paid']).toContain(given.body.stage)
    const now = (await fixture.api('GET', `/v1/checkout/sessions/${session.id}`)).body
    expect(now.customer_email).toBe('grace@example.com')
    expect((await read(now.payment_id)).customer_email).toBe('grace@example.com')
  })

  test('returns to the URLs of the session as they were written, with the ids of session and payment', async () => {
    const session = await createSession({
      success_url: 'https://shop.example/thanks?next=a%20b&flag&sig=~x',
      cancel_url: 'https://shop.example/{PAYMENT_ID}?of={CHECKOUT_SESSION_ID}#top',
    })
    const { body } = await pageOf(session).payWithCard('4242424242424242')
    const ids = `session_id=${session.id}&payment_id=${session.payment_id}`
    expect(body.success_url).toBe(`https://shop.example/thanks?next=a%20b&flag&sig=~x&${ids}`)
    expect(body.cancel_url).toBe(`https://shop.example/${session.payment_id}?of=${session.id}#top`)
  })
})

describe('3-D Secure on the page', () => {
  const needsConfirmation = '4000000000003220'

  test('accepts the payment after the confirmation', async () => {
    const session = await createSession()
    const page = pageOf(session)
    const { body } = await page.payWithCard(needsConfirmation)
    expect(body.stage).toBe('confirming')
    expect((await read(session.payment_id)).status).toBe('pending')
    const confirmed = await page.ask('/confirm', { confirmed: true })
    expect(['accepted', 'paid']).toContain(confirmed.body.stage)
  })

  test.each([
    ['refused by the customer', needsConfirmation, false],
    ['refused by the bank', '4000000000003063', true],
  ])(
    'declines a confirmation that is %s, and another card can be tried',
    async (_, number, yes) => {
      const page = pageOf(await createSession())
      await page.payWithCard(number)
      const { body } = await page.ask('/confirm', { confirmed: yes })
      expect(body).toMatchObject({ stage: 'open', decline_code: 'authentication_failed' })
      expect((await page.payWithCard('4242424242424242')).body.stage).toMatch(/accepted|paid/)
    },
  )

  test('takes no money if the payment is canceled before the confirmation', async () => {
    const session = await createSession()
    const page = pageOf(session)
    await page.payWithCard(needsConfirmation)
    expect((await cancel(session.payment_id)).status).toBe(200)
    expect((await page.read()).stage).toBe('canceled')
    expect((await page.ask('/confirm', { confirmed: true })).body.stage).toBe('canceled')
    expect((await page.payWithCard('4242424242424242')).body.stage).toBe('canceled')
    expect((await read(session.payment_id)).status).toBe('canceled')
    const captures = await fixture.sql.query(
      `select from sandbox_movements where payment_id = $1 and kind = 'capture'`,
      [session.payment_id],
    )
    expect(captures).toEqual([])
  })
})

describe('the live updates of an open page', () => {
  test('show a cancel without a request', async () => {
    const session = await createSession()
    const page = pageOf(session)
    const stop = new AbortController()
    const states = await page.live(stop.signal)
    expect((await states.next()).value.stage).toBe('open')
    await cancel(session.payment_id)
    expect((await states.next()).value.stage).toBe('canceled')
    stop.abort()
    await states.next().catch(() => undefined)
  })

  test('have increasing versions, also after a decline and another try', async () => {
    const session = await createSession()
    const page = pageOf(session)
    const seen = [await page.read()]
    seen.push((await page.payWithCard('4000000000000002')).body)
    seen.push((await page.payWithCard('4000000000003220')).body)
    seen.push((await page.ask('/confirm', { confirmed: true })).body)
    expect(seen.map(({ stage }) => stage)).toEqual([
      'open',
      'open',
      'confirming',
      expect.stringMatching(/accepted|paid/),
    ])
    for (const [i, { version }] of seen.entries()) {
      expect(version).toBeGreaterThan(seen[i - 1]?.version ?? 0)
    }
  })
})
