import { expect, test } from 'vitest'
import { createPayment } from '../../support/http/api.ts'
import { createPaid, untilStatus } from '../../support/payments/paid.ts'
import { advance } from '../../support/payments/sandbox.ts'
import { until } from '../../support/until.ts'
import { readersOf } from './readers.ts'
import { withMerchantAtStripe } from './stand-in/server-with-stripe.ts'

// Stripe repeats a refusal that it has stored under an idempotency key, also when its cause is gone.

const fixture = withMerchantAtStripe()
const { untilRefunds } = readersOf(fixture)

const post = (id: string, action: string, body: object = {}) =>
  fixture.api('POST', `/v1/payments/${id}/${action}`, { body })

/** A refusal that is no decline: the cause is the merchant's account. */
const refusal = {
  type: 'invalid_request_error',
  code: 'balance_insufficient',
  message: 'Insufficient funds in your Stripe balance to refund this amount.',
}

const distinctKeys = (path: RegExp) => new Set(fixture.stripe.keysTo(path)).size

test('a refund that was refused for a low balance is sent with the next key, and paid once', async () => {
  const { id } = await createPaid(fixture.api, { token: 'pm_card_visa', amount: 5_000 })
  const path = /POST .*refunds$/
  fixture.stripe.refuseNext(path, 400, refusal)
  await post(id, 'refund', { amount: 1_000 })
  await untilRefunds(id, ['1000 succeeded api_key'])
  expect(fixture.stripe.keptOf(id)).toBe(4_000)
  expect(distinctKeys(path)).toBe(2)
})

test.each([
  ['capture', 'succeeded'],
  ['cancel', 'canceled'],
] as const)('a %s that was refused is sent with the next key', async (action, status) => {
  const { id } = await createPayment(fixture.api, { amount: 5_000, capture_method: 'manual' })
  await post(id, 'initiate', { payment_method_token: 'pm_card_visa' })
  const path = new RegExp(`POST .*/${action}$`)
  fixture.stripe.refuseNext(path, 400, { ...refusal, code: 'payment_intent_unexpected_state' })
  expect((await post(id, action)).status).toBe(200)
  await untilStatus(fixture.api, id, status)
  const intent = fixture.stripe.intentOf(id)
  await until(`Stripe has made the ${action}`, () =>
    fixture.stripe.movements.some((one) => one.intent === intent && one.kind === action),
  )
})

test('the authorization of a payment whose capture was declined is voided', async () => {
  const { id } = await createPayment(fixture.api, { amount: 5_000, cancel_window: 60 })
  await post(id, 'initiate', { payment_method_token: 'pm_card_visa' })
  const decline = { type: 'card_error', code: 'card_declined', message: 'Your card was declined.' }
  fixture.stripe.refuseNext(/POST .*capture$/, 402, decline)
  await advance(fixture.api, 61)
  const failed = await untilStatus(fixture.api, id, 'failed')
  expect(failed.failure_code).toBe('card_declined')
  const intent = fixture.stripe.intentOf(id)
  await until('the authorization is voided', () =>
    fixture.stripe.movements.some((one) => one.intent === intent && one.kind === 'cancel'),
  )
})
