import { expect, test } from 'vitest'
import { type Chance, chanceOf } from '../../support/chance.ts'
import { brokenInvariants } from '../../support/databases/invariants.ts'
import { createPayment } from '../../support/http/api.ts'
import { createPaid } from '../../support/payments/paid.ts'
import { advance } from '../../support/payments/sandbox.ts'
import { until } from '../../support/until.ts'
import { withMerchantAtStripe } from './stand-in/server-with-stripe.ts'

// Refunds of this server and of people at random, with lost calls, failing refunds and lost messages. At
// the end, the books agree with Stripe's to the cent, and nothing is left of canceled payments.

const fixture = withMerchantAtStripe()

const seed = Number(process.env.HEDGE_SEED ?? Date.now() % 100_000)
const paymentsCount = 12
const actionsCount = 160
const amount = 5_000
const refundPath = /POST .*refunds$/

/** An action on a payment. Actions that are impossible at the time are refused, which is right too. */
type Action = (id: string, chance: Chance) => unknown

const post = (id: string, action: string, body: object = {}) =>
  fixture.api('POST', `/v1/payments/${id}/${action}`, { body })

const actions: readonly Action[] = [
  (id, chance) => post(id, 'refund', { amount: 1 + chance.below(amount) }),
  (id, chance) => post(id, 'refund', { amount: 1 + chance.below(amount / 5) }),
  (id) => post(id, 'refund'),
  (id) => post(id, 'reverse'),
  (id, chance) => refundByHand(id, 1 + chance.below(amount / 2), chance),
  (id, chance) => refundByHand(id, 1 + chance.below(amount / 5), chance),
  (id) => fixture.stripe.failRefunds(id, { byHand: true }),
  (id) => fixture.stripe.failRefunds(id, { byHand: false }),
  (id) => fixture.stripe.completeRefunds(id),
  (id, chance) => fixture.started.notify(id, chance.pick(['charge', 'refund', 'payment_intent'])),
  (id) => fixture.started.notifyByHand(id),
  () => fixture.stripe.loseNextAnswer(refundPath),
  () => fixture.stripe.cutNext(refundPath),
  () => fixture.stripe.failNextThoughDone(refundPath),
  () => fixture.stripe.failNext(refundPath, 500, { type: 'api_error' }),
]

/** Refunds at Stripe, if that much is left. */
function refundByHand(id: string, minor: number, chance: Chance): void {
  if (minor > fixture.stripe.keptOf(id)) return
  fixture.stripe.refundByHand(id, minor, chance.once(4) ? 'pending' : undefined)
}

async function createCaptured(chance: Chance): Promise<string> {
  if (!chance.once(3)) return (await createPaid(fixture.api, { token: 'pm_card_visa', amount })).id
  const { id } = await createPayment(fixture.api, { amount, cancel_window: 3_600 })
  await post(id, 'initiate', { payment_method_token: 'pm_card_visa' })
  fixture.stripe.captureByHand(id, chance.once(2) ? undefined : 2_000)
  if (chance.once(2)) await post(id, 'cancel')
  return id
}

/** Waits until no task is due or in progress. Settlements and late captures are looked up later again. */
async function untilIdle() {
  await until(
    'no task is due',
    async () => {
      const busy = await fixture.sql.query(
        `select from payment_tasks t left join test_clocks c using (merchant_id)
         where leased_until is not null or planned_again
           or due_at <= now() + make_interval(secs => coalesce(offset_seconds, 0))
           or kind not in ('settle', 'recheck', 'expire')`,
      )
      return busy.length === 0
    },
    { patience: 5 },
  )
}

test(`random refunds with the seed ${seed} end with books that agree`, async () => {
  const chance = chanceOf(seed)
  const ids: string[] = []
  for (let n = 0; n < paymentsCount; n++) ids.push(await createCaptured(chance))
  for (let n = 0; n < actionsCount; n++) await chance.pick(actions)(chance.pick(ids), chance)
  // Each fault that is left would double the pause before the next try.
  fixture.stripe.forgetFaults()
  // Windows end, every refund is decided, and the look-ups for the settlement find what no message says.
  for (const id of ids) fixture.stripe.completeRefunds(id)
  await advance(fixture.api, 3_601)
  for (const id of ids) await fixture.started.notify(id, 'charge')
  await advance(fixture.api, 86_400)
  await untilIdle()

  for (const id of ids) {
    const { body } = await fixture.api('GET', `/v1/payments/${id}`)
    const kept = body.captured_amount - body.refunded_amount
    expect([id, body.status, kept]).toEqual([id, body.status, fixture.stripe.keptOf(id)])
    if (body.status === 'canceled') expect(fixture.stripe.keptOf(id)).toBe(0)
  }
  expect(await brokenInvariants(fixture.sql, { isAtRest: false })).toEqual({})
})
