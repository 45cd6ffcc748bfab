import { allOperations } from '@hedgepayments/contract'
import { Stripe } from 'stripe'
import { beforeAll, expect, test } from 'vitest'
import { type Api, type ApiAnswer, createPayment, paymentBody } from '../support/http/api.ts'
import { createPaid } from '../support/payments/paid.ts'
import { initiate } from '../support/payments/sandbox.ts'
import { withMerchant } from '../support/servers/merchant.ts'
import { createLiveMerchant, createMerchant } from '../support/servers/servers.ts'
import { until } from '../support/until.ts'

const fixture = withMerchant()
const ifMatch = { headers: { 'if-match': '"99"' } }
const sessionBody = { amount: 9999, currency: 'USD' }

let live: Api
/** Payments of these statuses. */
let ids: { pending: string; initiated: string; canceled: string; succeeded: string }

beforeAll(async () => {
  live = (await createLiveMerchant(fixture)).live
  const { api } = fixture
  const pending = await createPayment(api)
  const canceled = await api('POST', '/v1/payments', {
    body: paymentBody(),
    idempotencyKey: 'canceled',
  })
  await api('POST', `/v1/payments/${canceled.body.id}/cancel`)
  const { body: initiated } = await initiate(api, 'tok_visa', { capture_method: 'manual' })
  const succeeded = await createPaid(api)
  ids = {
    pending: pending.id,
    initiated: initiated.id,
    canceled: canceled.body.id,
    succeeded: succeeded.id,
  }
  await api('POST', '/v1/webhooks/test', { idempotencyKey: 'no create' })
})

const post = (path: string, body?: object, more: object = {}) =>
  fixture.api('POST', path, { ...(body && { body }), ...more })
const create = (body: object) => post('/v1/payments', paymentBody({ ...body }))
const act = (status: keyof typeof ids, action: string, body?: object, more?: object) =>
  post(`/v1/payments/${ids[status]}/${action}`, body, more)

/** A message for a merchant in a phase of its move to another cell, once the server has read the phase. */
async function messageOfMoving(phase: string, code: string): Promise<ApiAnswer> {
  const { id } = await createMerchant(fixture)
  await fixture.sql.query(
    `insert into merchant_moves (merchant_id, move_id, phase, position_offset, positions_end)
     values ($1, $1, $2, 0, 1)`,
    [id, phase],
  )
  return await until('the server has read the phase', async () => {
    const path = `/v1/processors/stripe/webhook/${id}/test`
    const answer = await fixture.api('POST', path, { body: { object: 'event' } })
    return answer.body.error?.code === code && answer
  })
}

/** A request for each error that an operation lists in addition to those of all operations. */
const requests: Readonly<Record<string, () => Promise<ApiAnswer>>> = {
  'createPayment invalid_amount': () => create({ amount: 0 }),
  'createPayment invalid_currency': () => create({ currency: 'XAU' }),
  'createPayment processor_unavailable': () =>
    live('POST', '/v1/payments', {
      body: paymentBody({ initiate: true, payment_method_token: 'tok_visa' }),
    }),
  'initiatePayment payment_not_initiable': () =>
    act('canceled', 'initiate', { payment_method_token: 'tok_visa' }),
  'initiatePayment precondition_failed': () =>
    act('pending', 'initiate', { payment_method_token: 'tok_visa' }, ifMatch),
  'initiatePayment processor_unavailable': async () => {
    const { id } = await createPayment(live)
    const body = { payment_method_token: 'tok_visa' }
    return await live('POST', `/v1/payments/${id}/initiate`, { body })
  },
  'cancelPayment payment_not_cancelable': () => act('canceled', 'cancel'),
  'cancelPayment precondition_failed': () => act('pending', 'cancel', {}, ifMatch),
  'cancelPaymentByIdempotencyKey payment_not_cancelable': () =>
    post('/v1/payments/cancel', { idempotency_key: 'canceled' }),
  'cancelPaymentByIdempotencyKey not_found': () =>
    post('/v1/payments/cancel', { idempotency_key: 'no create' }),
  'capturePayment payment_not_capturable': () => act('canceled', 'capture'),
  'capturePayment precondition_failed': () => act('initiated', 'capture', {}, ifMatch),
  'capturePayment invalid_amount': () => act('initiated', 'capture', { amount: 10_000 }),
  'refundPayment payment_not_refundable': () => act('pending', 'refund'),
  'refundPayment precondition_failed': () => act('succeeded', 'refund', {}, ifMatch),
  'refundPayment refund_amount_exceeded': () => act('succeeded', 'refund', { amount: 10_000 }),
  'refundPayment invalid_amount': () => act('succeeded', 'refund', { amount: 0 }),
  'reversePayment payment_not_refundable': () => act('canceled', 'reverse'),
  'reversePayment precondition_failed': () => act('pending', 'reverse', {}, ifMatch),
  'resolvePayment payment_not_resolvable': () =>
    act('canceled', 'resolve', { resolution: 'voided', reason: 'seen at the processor' }),
  'resolvePayment precondition_failed': async () => {
    const { id } = await createPayment(fixture.api)
    await fixture.sql.query(
      `update payment_tasks set attention = 'step_overdue', attention_since = now()
       where payment_id = $1`,
      [id],
    )
    const body = { resolution: 'retry', reason: 'the server works again' }
    return await post(`/v1/payments/${id}/resolve`, body, ifMatch)
  },
  'resolvePayment invalid_amount': () =>
    act('succeeded', 'resolve', { resolution: 'captured', reason: 'seen there', amount: 0 }),
  'createCheckoutSession invalid_amount': () =>
    post('/v1/checkout/sessions', { ...sessionBody, amount: 0 }),
  'createCheckoutSession invalid_currency': () =>
    post('/v1/checkout/sessions', { ...sessionBody, currency: 'XAU' }),
  'expireCheckoutSession checkout_session_not_open': async () => {
    const { body } = await post('/v1/checkout/sessions', sessionBody)
    await post(`/v1/checkout/sessions/${body.id}/expire`)
    return await post(`/v1/checkout/sessions/${body.id}/expire`)
  },
  'createClientToken not_found': () => post('/v1/auth/client-token', { payment_id: 'pay_0' }),
  'receiveProcessorMessage processor_unavailable': async () => {
    const { id: merchant, test: own } = await createMerchant(fixture)
    const secret = 'whsec_of_this_merchant'
    const processor = { processor: 'stripe', secret_key: 'sk_test_1', webhook_secret: secret }
    await own('POST', `/v1/merchants/${merchant}/processor`, { body: processor })
    const about = { object: 'dispute', payment_intent: 'pi_1' }
    const rawBody = JSON.stringify({ id: 'evt_1', object: 'event', data: { object: about } })
    const signature = Stripe.webhooks.generateTestHeaderString({ payload: rawBody, secret })
    const headers = { 'stripe-signature': signature }
    const path = `/v1/processors/stripe/webhook/${merchant}/test`
    return await fixture.api('POST', path, { rawBody, headers })
  },
  'receiveProcessorMessage merchant_moving': () => messageOfMoving('frozen', 'merchant_moving'),
  'receiveProcessorMessage merchant_moved': () => messageOfMoving('moved', 'merchant_moved'),
  'retrieveTestClock not_found': () => live('GET', '/v1/test/clock'),
  'advanceTestClock not_found': () =>
    live('POST', '/v1/test/clock/advance', { body: { seconds: 1 } }),
  'createTestFailure not_found': () =>
    live('POST', '/v1/test/failures', { body: { code: 'card_declined' } }),
}

const listed = allOperations.flatMap(({ id, errors }) => errors.map((code) => `${id} ${code}`))

test.each(listed)('the operation returns the error that it lists: %s', async (name) => {
  const request = requests[name]
  if (!request) throw new Error(`add a request that provokes ${name}`)
  const { body } = await request()
  expect(body.error.code).toBe(name.split(' ')[1])
})

test('every request above belongs to a listed error', () => {
  expect(Object.keys(requests).sort()).toEqual([...listed].sort())
})
