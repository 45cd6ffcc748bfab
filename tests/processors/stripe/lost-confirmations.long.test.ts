import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Api, createPayment } from '../../support/http/api.ts'
import { untilStatus } from '../../support/payments/paid.ts'
import { advance, attempts } from '../../support/payments/sandbox.ts'
import { startMerchantWithStripe } from './stand-in/server-with-stripe.ts'
import type { StripeStandIn } from './stand-in/stand-in.ts'

// The answer to a confirmation is lost, and the merchant captures or cancels in Stripe's dashboard before
// Hedge looks the payment up. The look-up then finds a capture, or a canceled authorization.

let stripe: StripeStandIn
let started: Awaited<ReturnType<typeof startMerchantWithStripe>>
let api: Api

beforeAll(async () => {
  started = await startMerchantWithStripe('sk_test_of_this_merchant')
  stripe = started.stripe
  api = started.api
})

afterAll(() => started?.stop())

afterEach(() => stripe.garble(null))

/** Creates a payment that Stripe has authorized. Its answers are unreadable, so it is still `pending`. */
async function createUnheard(): Promise<string> {
  const { id } = await createPayment(api, { cancel_window: 3_600 })
  stripe.garble({ path: /confirm$|^GET/, how: () => 'no answer of Stripe’s' })
  const body = { payment_method_token: 'pm_card_visa' }
  expect((await api('POST', `/v1/payments/${id}/initiate`, { body })).status).toBe(502)
  expect(moved(id)).toEqual(['authorize'])
  return id
}

/** Makes Stripe's answers readable again, and triggers a look-up of the payment. */
async function answerAgain(id: string): Promise<void> {
  stripe.garble(null)
  await started.notify(id, 'payment_intent')
}

/** The movements of a payment in Stripe's books. */
function moved(id: string): string[] {
  const intent = stripe.intentOf(id)
  return stripe.movements.filter((one) => one.intent === intent).map(({ kind }) => kind)
}

test('a payment that was captured manually before its look-up becomes initiated, then succeeded', async () => {
  const id = await createUnheard()
  stripe.captureByHand(id)
  await answerAgain(id)
  await untilStatus(api, id, 'initiated')
  expect((await attempts(api, id)).at(-1)).toBe('look_up captured')
  await advance(api, 3_602)
  await untilStatus(api, id, 'succeeded')
  expect(moved(id)).toEqual(['authorize', 'capture'])
})

test('a payment whose confirmation is found by a second one has its card and its end', async () => {
  const { id } = await createPayment(api, { cancel_window: 3_600 })
  stripe.failNextThoughDone(/confirm$/)
  // Stripe's search is behind.
  const none = JSON.stringify({ object: 'search_result', has_more: false, data: [] })
  stripe.garble({ path: /search$/, how: () => none })
  const body = { payment_method_token: 'pm_card_visa' }
  await api('POST', `/v1/payments/${id}/initiate`, { body })
  const initiated = await untilStatus(api, id, 'initiated')
  expect(initiated.authorization_expires_at).not.toBeNull()
  expect(initiated.payment_method_details).toMatchObject({ brand: 'visa', last4: '4242' })
  expect(moved(id)).toEqual(['authorize'])
})

test('a payment that was canceled manually before its look-up fails and is not authorized again', async () => {
  const id = await createUnheard()
  stripe.cancelByHand(id)
  await answerAgain(id)
  const failed = await untilStatus(api, id, 'failed')
  expect(failed.failure_code).toBe('canceled_at_processor')
  const all = await attempts(api, id)
  const found = all.indexOf('look_up voided')
  expect(found).toBeGreaterThan(0)
  expect(all.slice(found).filter((one) => one.startsWith('authorize'))).toEqual([])
  expect(moved(id)).toEqual(['authorize', 'cancel'])
})
