import { expect, test } from 'vitest'
import { createPayment } from '../../support/http/api.ts'
import { eventTypes } from '../../support/payments/paid.ts'
import { advance } from '../../support/payments/sandbox.ts'
import { until } from '../../support/until.ts'
import { withMerchantAtStripe } from './stand-in/server-with-stripe.ts'

// A canceled payment was captured manually, and the customer's account is closed: every refund comes back.

const fixture = withMerchantAtStripe()
const day = 86_400

/** A canceled payment whose money was captured manually, and refunded once. */
async function createRefunded(): Promise<string> {
  const { id } = await createPayment(fixture.api, { cancel_window: 3_600 })
  const body = { payment_method_token: 'pm_card_visa' }
  await fixture.api('POST', `/v1/payments/${id}/initiate`, { body })
  fixture.stripe.captureByHand(id)
  expect((await fixture.api('POST', `/v1/payments/${id}/cancel`)).status).toBe(200)
  await until('the money is sent back', async () =>
    (await eventTypes(fixture.api, id)).includes('payment.late_capture_refunded'),
  )
  return id
}

/** The idempotency keys of the refunds of a payment. */
function refundKeys(id: string): Set<string> {
  const keys = fixture.stripe.keysTo(/POST .*refunds$/)
  return new Set(keys.filter((key) => key.startsWith(id)))
}

/** The bank returns the refunds of a payment until this many were made. */
async function returnRefunds(id: string, count: number): Promise<void> {
  for (let made = refundKeys(id).size + 1; made <= count; made++) {
    fixture.stripe.failRefunds(id)
    await advance(fixture.api, day)
    await fixture.started.notify(id, 'refund')
    await until(`refund ${made} is made`, () => refundKeys(id).size === made)
  }
}

const attentionOf = async (id: string) =>
  (await fixture.api('GET', `/v1/payments/${id}/attention`)).body.data

test('after the third one, an operator can declare that the customer has the money', async () => {
  const id = await createRefunded()
  await returnRefunds(id, 3)
  const body = { resolution: 'late_capture_refunded', reason: 'a bank transfer' }
  await until('it is resolved', async () => {
    return (await fixture.api('POST', `/v1/payments/${id}/resolve`, { body })).status === 200
  })
  fixture.stripe.failRefunds(id)
  await fixture.started.notify(id, 'refund')
  await until('the task is done', async () => {
    const left = `select from payment_tasks where payment_id = $1 and kind = 'void'`
    return (await fixture.sql.query(left, [id])).length === 0
  })
  expect(refundKeys(id).size).toBe(3)
  expect(await attentionOf(id)).toEqual([])
})

test('after the second one, the payment needs attention until a refund has lasted for ten days', async () => {
  const id = await createRefunded()
  await returnRefunds(id, 2)
  expect(await attentionOf(id)).toEqual([])
  await returnRefunds(id, 3)
  await until('it needs attention', async () => (await attentionOf(id)).length > 0)
  const [needed] = await attentionOf(id)
  expect(needed).toMatchObject({
    reason: 'late_refund_returned',
    resolutions: ['late_capture_refunded', 'retry'],
  })
  await advance(fixture.api, 9 * day)
  expect(await attentionOf(id)).toMatchObject([{ reason: 'late_refund_returned' }])
  await advance(fixture.api, day)
  await until('the refund has lasted', async () => (await attentionOf(id)).length === 0)
  expect(fixture.stripe.keptOf(id)).toBe(0)
})
