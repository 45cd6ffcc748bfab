import { afterEach, describe, expect, test } from 'vitest'
import { createPayment } from '../../support/http/api.ts'
import { eventTypes, untilStatus } from '../../support/payments/paid.ts'
import { advance, attempts } from '../../support/payments/sandbox.ts'
import { until } from '../../support/until.ts'
import { withMerchantAtStripe } from './stand-in/server-with-stripe.ts'

// An authorization at Stripe can end without this server: in time, or by a person in Stripe's
// dashboard. A message of Stripe's says so, and the payment follows at once.

const day = 86_400

const fixture = withMerchantAtStripe()

afterEach(() => fixture.stripe.keepAuthorizationsUntil(null))

/** How a payment waits for its capture: by a request, or by the end of its undo window. */
const waits = [
  ['with manual capture', { capture_method: 'manual' }],
  ['in its undo window', { cancel_window: 3_600 }],
] as const

async function createAuthorized(more: object = { capture_method: 'manual' }) {
  const payment = await createPayment(fixture.api, {
    initiate: true,
    payment_method_token: 'pm_card_visa',
    ...more,
  })
  expect(payment.status).toBe('initiated')
  return payment
}

const notify = (id: string) => fixture.started.notify(id, 'payment_intent')
const capture = (id: string, body?: object) =>
  fixture.api('POST', `/v1/payments/${id}/capture`, body ? { body } : {})

/** What really moved of a payment, with its amounts. */
function moved(id: string): string[] {
  const intent = fixture.stripe.intentOf(id)
  return fixture.stripe.movements
    .filter((one) => one.intent === intent)
    .map(({ kind, amount }) => `${kind} ${amount}`)
}

describe.each(waits)('an authorization of a payment %s', (_, more) => {
  test('that was canceled in Stripe’s dashboard fails the payment at once', async () => {
    const { id } = await createAuthorized(more)
    fixture.stripe.cancelByHand(id)
    await notify(id)
    const failed = await untilStatus(fixture.api, id, 'failed')
    expect(failed).toMatchObject({
      failure_code: 'canceled_at_processor',
      cancelable: false,
      captured_amount: 0,
    })
    expect(await eventTypes(fixture.api, id)).toEqual([
      'payment.created',
      'payment.initiated',
      'payment.failed',
    ])
    const { body } = await fixture.api('GET', `/v1/payments/${id}/events`)
    expect(body.data[0]).toMatchObject({
      actor: { type: 'processor', id: 'stripe' },
      from_status: 'initiated',
      reason: 'canceled_at_processor',
    })
    expect((await capture(id)).body.error.code).toBe('payment_not_capturable')
    expect((await fixture.api('POST', `/v1/payments/${id}/cancel`)).status).toBe(412)
  })

  test('that lapsed at Stripe before its time fails the payment at once', async () => {
    const { id } = await createAuthorized(more)
    fixture.stripe.lapse(id)
    await notify(id)
    const failed = await untilStatus(fixture.api, id, 'failed')
    expect(failed.failure_code).toBe('authorization_expired')
  })

  test('that was captured by hand makes the payment succeed with what was taken', async () => {
    const { id } = await createAuthorized(more)
    fixture.stripe.captureByHand(id, 2_000)
    await notify(id)
    const paid = await untilStatus(fixture.api, id, 'succeeded')
    expect(paid).toMatchObject({ amount: 9999, captured_amount: 2_000 })
    expect(moved(id)).toEqual(['authorize 9999', 'capture 2000'])
    const { body } = await fixture.api('GET', `/v1/payments/${id}/events`)
    expect(body.data.at(-3)).toMatchObject({
      type: 'payment.processing',
      actor: { type: 'processor', id: 'stripe' },
    })
    const refund = await fixture.api('POST', `/v1/payments/${id}/refund`, {
      body: { amount: 2_001 },
    })
    expect(refund.body.error.code).toBe('refund_amount_exceeded')
  })

  test('that is as it was stays as it is, however often Stripe writes', async () => {
    const payment = await createAuthorized(more)
    for (let n = 0; n < 5; n++) await notify(payment.id)
    await until('it was looked up', async () =>
      (await attempts(fixture.api, payment.id)).includes('look_up authorized'),
    )
    expect((await fixture.api('GET', `/v1/payments/${payment.id}`)).body).toEqual(payment)
  })
})

describe('a message of Stripe’s', () => {
  test.each(['succeeded', 'refunded', 'canceled'] as const)(
    'about a payment that is %s is looked up',
    async (status) => {
      const { id } = await createAuthorized()
      if (status === 'canceled') await fixture.api('POST', `/v1/payments/${id}/cancel`)
      else await capture(id)
      if (status === 'refunded') {
        await untilStatus(fixture.api, id, 'succeeded')
        await fixture.api('POST', `/v1/payments/${id}/refund`)
      }
      await untilStatus(fixture.api, id, status)
      await until('its calls are done', async () => {
        const open = await fixture.sql.query(
          `select from payment_tasks where payment_id = $1 and due_at <= now()`,
          [id],
        )
        return open.length === 0
      })
      const calls = async () => (await attempts(fixture.api, id)).length
      const before = await calls()
      await notify(id)
      await until('Stripe was asked', async () => (await calls()) > before)
      expect((await fixture.api('GET', `/v1/payments/${id}`)).body.status).toBe(status)
    },
  )
})

describe('the end that Stripe gives to an authorization', () => {
  test('is shown, bounds a manual capture, and is announced a day before', async () => {
    const end = Math.floor(Date.now() / 1000) + 5 * day
    fixture.stripe.keepAuthorizationsUntil(end)
    const payment = await createAuthorized()
    const shown = new Date(end * 1000).toISOString().replace('.000', '')
    expect(payment.authorization_expires_at).toBe(shown)
    expect(payment.cancelable_until).toBe(shown)
    await advance(fixture.api, 4 * day + 60)
    await until('it is announced', async () =>
      (await eventTypes(fixture.api, payment.id)).includes('payment.authorization_expiring'),
    )
    const calls = async () => (await attempts(fixture.api, payment.id)).length
    const before = await calls()
    await notify(payment.id)
    await until('it is looked up again', async () => (await calls()) > before)
    fixture.stripe.lapse(payment.id)
    await advance(fixture.api, day)
    const failed = await untilStatus(fixture.api, payment.id, 'failed')
    expect(failed.failure_code).toBe('authorization_expired')
    expect(moved(payment.id)).toEqual(['authorize 9999', 'cancel 9999'])
    expect(await eventTypes(fixture.api, payment.id)).toEqual([
      'payment.created',
      'payment.initiated',
      'payment.authorization_expiring',
      'payment.failed',
    ])
  })

  test('bounds an undo window: the capture comes an hour before', async () => {
    const { body: clock } = await fixture.api('GET', '/v1/test/clock')
    const end = Math.floor(Date.parse(clock.now) / 1000) + 2 * day
    fixture.stripe.keepAuthorizationsUntil(end)
    const { id, cancelable_until } = await createAuthorized({ cancel_window: 6 * day })
    expect(Date.parse(cancelable_until)).toBe((end - 3_600) * 1000)
    await advance(fixture.api, 2 * day - 3_500)
    await untilStatus(fixture.api, id, 'succeeded')
    expect(moved(id)).toEqual(['authorize 9999', 'capture 9999'])
  })
})

test('a part that is captured at Stripe leaves nothing of the authorization', async () => {
  const { id } = await createAuthorized()
  expect((await capture(id, { amount: 1_500 })).status).toBe(200)
  expect(await untilStatus(fixture.api, id, 'succeeded')).toMatchObject({ captured_amount: 1_500 })
  expect(moved(id)).toEqual(['authorize 9999', 'capture 1500'])
})

test('a capture whose answer is lost takes its part once', async () => {
  const { id } = await createAuthorized()
  fixture.stripe.loseNextAnswer(/capture$/)
  await capture(id, { amount: 1_500 })
  expect(await untilStatus(fixture.api, id, 'succeeded')).toMatchObject({ captured_amount: 1_500 })
  expect(moved(id)).toEqual(['authorize 9999', 'capture 1500'])
})

test('a capture of what was canceled by hand fails the payment', async () => {
  const { id } = await createAuthorized()
  fixture.stripe.cancelByHand(id)
  expect((await capture(id)).status).toBe(200)
  const failed = await untilStatus(fixture.api, id, 'failed')
  expect(failed.failure_code).toBe('canceled_at_processor')
})

test('a part that Stripe cannot take is refused, and the authorization stays', async () => {
  const payment = await createAuthorized({
    capture_method: 'manual',
    currency: 'KWD',
    amount: 5_000,
  })
  const { status, body } = await capture(payment.id, { amount: 1_234 })
  expect([status, body.error.code]).toEqual([422, 'invalid_amount'])
  expect((await fixture.api('GET', `/v1/payments/${payment.id}`)).body.status).toBe('initiated')
  expect(moved(payment.id)).toEqual(['authorize 5000'])
})
