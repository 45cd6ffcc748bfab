import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Api } from '../../support/http/api.ts'
import { createPaid } from '../../support/payments/paid.ts'
import { attempts } from '../../support/payments/sandbox.ts'
import { until } from '../../support/until.ts'
import { startMerchantWithStripe } from './stand-in/server-with-stripe.ts'
import type { StripeStandIn } from './stand-in/stand-in.ts'

// The answer to a refund is lost, and Stripe has deleted the idempotency key. A second request would pay
// the refund twice. Only a look-up shows the result.

let stripe: StripeStandIn
let started: Awaited<ReturnType<typeof startMerchantWithStripe>>
let api: Api

beforeAll(async () => {
  started = await startMerchantWithStripe('sk_test_of_this_merchant')
  stripe = started.stripe
  api = started.api
})

afterAll(() => started?.stop())

const path = /POST .*refunds$/
const refund = (id: string, amount: number) =>
  api('POST', `/v1/payments/${id}/refund`, { body: { amount } })

/** The amounts of the refunds of a payment that Stripe has paid. */
function refunded(id: string): number[] {
  const intent = stripe.intentOf(id)
  return stripe.movements
    .filter((one) => one.intent === intent && one.kind === 'refund')
    .map(({ amount }) => amount)
}

async function untilPaid(id: string) {
  await until(`every refund of ${id} is paid`, async () => {
    const { body } = await api('GET', `/v1/payments/${id}`)
    return body.refunds.every(({ status }: { status: string }) => status === 'succeeded')
  })
}

/** Waits until the refund was sent and its answer was lost, and the attempt followed. */
async function untilAttemptAfterRefund(id: string, attempt: string) {
  await until(`${attempt} after the refund of ${id}`, async () => {
    const all = await attempts(api, id)
    const sent = all.indexOf('refund unknown')
    return sent >= 0 && all.indexOf(attempt, sent) > sent
  })
}

test('a pending refund is not sent again', async () => {
  const { id } = await createPaid(api, { token: 'pm_card_refundPending' })
  stripe.loseNextAnswerAndKeys(path)
  await refund(id, 1000)
  await untilAttemptAfterRefund(id, 'look_up captured')
  stripe.completeRefunds(id)
  await untilPaid(id)
  expect(refunded(id)).toEqual([1000])
})

test('a refund is not sent again while look-ups fail', async () => {
  const { id } = await createPaid(api, { token: 'pm_card_visa' })
  stripe.loseNextAnswerAndKeys(path)
  // Every look-up from the refund on: the one before it must succeed, or no refund is sent.
  stripe.garble({
    path: /^GET/,
    how: (honest) => (refunded(id).length > 0 ? '<html>' : JSON.stringify(honest)),
  })
  await refund(id, 1000)
  await untilAttemptAfterRefund(id, 'look_up unknown')
  stripe.garble(null)
  await untilPaid(id)
  expect(refunded(id)).toEqual([1000])
})

test('a refund that did not reach Stripe is sent, even if another refund of the payment was paid', async () => {
  const { id } = await createPaid(api, { token: 'pm_card_visa' })
  await refund(id, 1000)
  await untilPaid(id)
  stripe.cutNext(path)
  await refund(id, 2000)
  await untilPaid(id)
  expect(refunded(id)).toEqual([1000, 2000])
})
