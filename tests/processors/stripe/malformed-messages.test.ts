import { Stripe } from 'stripe'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, apiClient, createPayment } from '../../support/http/api.ts'
import { createPaid } from '../../support/payments/paid.ts'
import { until } from '../../support/until.ts'
import { startMerchantWithStripe } from './stand-in/server-with-stripe.ts'

// Stripe's signature says who sent a message, not that its shape is the expected one.

const secret = 'whsec_of_this_merchant'
let started: Awaited<ReturnType<typeof startMerchantWithStripe>>
let anyone: Api
let path: string

beforeAll(async () => {
  started = await startMerchantWithStripe('sk_test_of_this_merchant')
  anyone = apiClient(started.server.url, null)
  const { merchant_id: merchant } = await createPayment(started.api)
  path = `/v1/processors/stripe/webhook/${merchant}/test`
})

afterAll(() => started?.stop())

async function sendSigned(payload: string) {
  const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret })
  return await anyone('POST', path, {
    rawBody: payload,
    headers: { 'stripe-signature': signature },
  })
}

const about = (metadata: unknown) =>
  JSON.stringify({ object: 'event', data: { object: { id: 'pi_1', metadata } } })

test.each([
  'null',
  'true',
  '5',
  '"event"',
  '[]',
  '{}',
  '{"object":"event"}',
  '{"data":null}',
  '{"data":[]}',
  '{"data":"x"}',
  '{"data":{"object":null}}',
  '{"data":{"object":"pi_1"}}',
  '{"data":{"object":[]}}',
  '{"object":"v2.core.event","type":"v1.billing.meter.error_report_triggered"}',
  about(null),
  about('x'),
  about([]),
  about({}),
  about({ hedge_payment_id: null }),
  about({ hedge_payment_id: 5 }),
  about({ hedge_payment_id: { id: 'pay_1' } }),
  about({ hedge_payment_id: '' }),
  about({ hedge_payment_id: "'; drop table payments" }),
  about({ hedge_payment_id: 'x'.repeat(10_000) }),
  about({ hedge_payment_id: 'pay_00000000000000000000000000' }),
])('a signed message %s is received or rejected, and changes nothing', async (payload) => {
  const { status, body } = await sendSigned(payload)
  if (status === 200) expect(body).toEqual({ received: true })
  else expect([status, body.error.code]).toEqual([400, 'invalid_request'])
})

test.each(['', '{', 'payload', '{"data":{"object":{"metadata":{}}}', '\u0000'])(
  'a signed message %j that is not JSON is rejected',
  async (payload) => {
    const { status, body } = await sendSigned(payload)
    expect([status, body.error.code]).toEqual([400, 'invalid_request'])
    expect(body.error.message).toContain('the body is not an event')
  },
)

test('a message that names only a PaymentIntent is answered 502 while Stripe does not answer', async () => {
  const { id } = await createPaid(started.api, { token: 'pm_card_visa' })
  const { stripe } = started
  stripe.refundByHand(id, 700)
  const about = { object: 'refund', payment_intent: stripe.intentOf(id), metadata: {} }
  stripe.failNext(/intents/, 500, { type: 'api_error' })
  expect(await started.send(about)).toBe(502)
  expect(await started.send(about)).toBe(200)
  await until('it is recorded', async () => {
    const { body } = await started.api('GET', `/v1/payments/${id}`)
    return body.refunded_amount === 700
  })
})

test('a message about a PaymentIntent that is not of this server is received', async () => {
  const about = { object: 'refund', metadata: {} }
  for (const name of ['pi_unknown', 'pi_../refunds', '', null, 5, { id: 'pi_1' }]) {
    expect(await started.send({ ...about, payment_intent: name })).toBe(200)
  }
})
