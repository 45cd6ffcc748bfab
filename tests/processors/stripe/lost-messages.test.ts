import { afterAll, expect, test } from 'vitest'
import { untilDispute } from '../../api/disputes/disputed.ts'
import { brokenInvariants } from '../../support/databases/invariants.ts'
import { createPayment } from '../../support/http/api.ts'
import { createPaid, eventTypes, untilStatus } from '../../support/payments/paid.ts'
import { advance } from '../../support/payments/sandbox.ts'
import { until } from '../../support/until.ts'
import { readersOf } from './readers.ts'
import { withMerchantAtStripe } from './stand-in/server-with-stripe.ts'

// Every message of Stripe is lost. What happened there is found by regular look-ups.

const fixture = withMerchantAtStripe()
const { untilIdle, untilRefunds } = readersOf(fixture)

afterAll(async () => {
  expect(await brokenInvariants(fixture.sql, { isAtRest: false })).toEqual({})
})

const day = 86_400
const post = (id: string, action: string, body: object = {}) =>
  fixture.api('POST', `/v1/payments/${id}/${action}`, { body })

async function createAuthorized(more: object): Promise<string> {
  const { id } = await createPayment(fixture.api, { amount: 5_000, ...more })
  await post(id, 'initiate', { payment_method_token: 'pm_card_visa' })
  return id
}

test('a refund of a canceled payment that fails days later is followed by another', async () => {
  const id = await createAuthorized({ cancel_window: 3_600 })
  fixture.stripe.captureByHand(id)
  expect((await post(id, 'cancel')).status).toBe(200)
  await until('the money is sent back', async () =>
    (await eventTypes(fixture.api, id)).includes('payment.late_capture_refunded'),
  )
  await untilIdle(id)
  fixture.stripe.failRefunds(id)
  expect(fixture.stripe.keptOf(id)).toBe(5_000)
  await advance(fixture.api, 10 * day)
  await until('the money is sent back again', () => fixture.stripe.keptOf(id) === 0)
})

test.each([
  ['a capture', (id: string) => fixture.stripe.captureByHand(id, 2_000), 'succeeded'],
  ['a cancel', (id: string) => fixture.stripe.cancelByHand(id), 'failed'],
] as const)(
  '%s by hand of a payment with manual capture is found within a day',
  async (_, act, status) => {
    const id = await createAuthorized({ capture_method: 'manual' })
    act(id)
    await advance(fixture.api, day)
    await untilStatus(fixture.api, id, status)
  },
)

test('a refund that Stripe refuses because of a dispute makes the dispute known', async () => {
  const { id } = await createPaid(fixture.api, { token: 'pm_card_visa', amount: 5_000 })
  fixture.stripe.dispute(id)
  expect((await post(id, 'refund', { amount: 1_000 })).status).toBe(200)
  await untilRefunds(id, ['1000 failed api_key'])
  await untilDispute(fixture.api, id, ['needs_response'])
})
