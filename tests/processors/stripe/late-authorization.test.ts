import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, createPayment } from '../../support/http/api.ts'
import { eventTypes, untilStatus } from '../../support/payments/paid.ts'
import { advance } from '../../support/payments/sandbox.ts'
import { isLongRun } from '../../support/size.ts'
import { until } from '../../support/until.ts'
import { startMerchantWithStripe } from './stand-in/server-with-stripe.ts'
import type { StripeStandIn } from './stand-in/stand-in.ts'

// A failed payment stays failed. An authorization that the bank approves afterwards must be voided.

const stripeKey = 'sk_test_of_this_merchant'

let stripe: StripeStandIn
let started: Awaited<ReturnType<typeof startMerchantWithStripe>>
let api: Api

beforeAll(async () => {
  started = await startMerchantWithStripe(stripeKey)
  stripe = started.stripe
  api = started.api
})

afterAll(() => started?.stop())

const initiate = (id: string, token: string) =>
  api('POST', `/v1/payments/${id}/initiate`, { body: { payment_method_token: token } })

const notify = (id: string) => started.notify(id, 'payment_intent')

async function untilVoided(id: string) {
  await until(`the authorization of ${id} is voided`, async () => {
    const { body } = await api('GET', `/v1/payments/${id}/attempts?limit=100`)
    return body.data.some((one: { outcome: string | null }) => one.outcome === 'voided')
  })
}

/** The movements of a payment in Stripe's books. */
function moved(id: string): string[] {
  const intent = stripe.intentOf(id)
  return stripe.movements.filter((one) => one.intent === intent).map(({ kind }) => kind)
}

async function createFailed(): Promise<string> {
  const { id } = await createPayment(api)
  expect((await initiate(id, 'pm_card_chargeDeclined')).body.status).toBe('failed')
  return id
}

test('an authorization that arrives after the payment failed is voided', async () => {
  const id = await createFailed()
  stripe.authorizeLate(id)
  await notify(id)
  await untilVoided(id)
  expect(moved(id)).toEqual(['authorize', 'cancel'])
  expect((await api('GET', `/v1/payments/${id}`)).body.status).toBe('failed')
})

test('a declined card is canceled at Stripe, so that nothing can approve it any more', async () => {
  const id = await createFailed()
  await advance(api, 61)
  await untilVoided(id)
  expect(() => stripe.authorizeLate(id)).toThrow('it cannot be confirmed')
  expect(moved(id)).toEqual([])
})

test('an authorization after the payment failed is voided, although its message is lost', async () => {
  const id = await createFailed()
  stripe.authorizeLate(id)
  await advance(api, 61)
  await untilVoided(id)
  expect(moved(id)).toEqual(['authorize', 'cancel'])
})

test('a capture after the payment failed is refunded, and the timeline shows it', async () => {
  const id = await createFailed()
  stripe.authorizeLate(id)
  stripe.captureByHand(id)
  await notify(id)
  const type = 'payment.late_capture_refunded'
  await until('the money is sent back', async () => (await eventTypes(api, id)).includes(type))
  expect(moved(id)).toEqual(['authorize', 'capture', 'refund'])
  const { body } = await api('GET', `/v1/payments/${id}/events`)
  expect(body.data[0]).toMatchObject({ type, reason: 'captured_after_failure' })
  expect((await api('GET', `/v1/payments/${id}`)).body.status).toBe('failed')
})

test.runIf(isLongRun)(
  'after one token is declined, an earlier token whose answer was lost cannot be authorized',
  async () => {
    const { id } = await createPayment(api)
    await initiate(id, 'pm_card_threeDSecureRequired')
    stripe.finishAction(id, false)
    for (let n = 1; n <= 3; n++) stripe.cutNext(/confirm$/)
    expect((await initiate(id, 'pm_card_visa')).status).toBe(502)
    await untilStatus(api, id, 'failed')
    await untilVoided(id)
    expect(() => stripe.authorizeLate(id)).toThrow('it cannot be confirmed')
  },
)
