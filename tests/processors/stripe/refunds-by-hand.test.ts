import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { brokenInvariants } from '../../support/databases/invariants.ts'
import { createPayment } from '../../support/http/api.ts'
import { createPaid, eventTypes, untilStatus } from '../../support/payments/paid.ts'
import { advance } from '../../support/payments/sandbox.ts'
import { until } from '../../support/until.ts'
import { readersOf } from './readers.ts'
import { withMerchantAtStripe } from './stand-in/server-with-stripe.ts'

// A person refunds in Stripe's dashboard, before or after refunds of this server. Each such refund becomes
// a refund here, once, and no refund exceeds what is left.

const fixture = withMerchantAtStripe()
const { read, untilRefunds, untilIdle, ledgerOf } = readersOf(fixture)

afterEach(() => fixture.stripe.garble(null))

afterAll(async () => {
  expect(await brokenInvariants(fixture.sql, { isAtRest: false })).toEqual({})
})

const path = (id: string, more = '') => `/v1/payments/${id}${more}`
const pay = (amount = 5_000) => createPaid(fixture.api, { token: 'pm_card_visa', amount })
const refund = (id: string, amount?: number) =>
  fixture.api('POST', path(id, '/refund'), amount === undefined ? {} : { body: { amount } })
const reverse = (id: string) => fixture.api('POST', path(id, '/reverse'))

/** Settles payments, so that nothing looks them up for days. */
async function settle(ids: readonly string[]): Promise<void> {
  fixture.stripe.settleAll()
  await advance(fixture.api, 86_400 + 10)
  for (const id of ids) {
    await until('it is settled', async () => (await fixture.api('GET', path(id))).body.settled)
  }
}

/** Makes the searches that run every hour, one of each kind, and waits for their end. */
async function search(): Promise<void> {
  await fixture.sql.query(
    "update processor_sweeps set due_at = now() - interval '1 second', since = now() - interval '2 hours'",
  )
  const left = "select from processor_sweeps where since < now() - interval '1 hour'"
  await until('the searches are made', async () => {
    return (await fixture.sql.query(left)).length === 0
  })
}

async function lookUps(id: string): Promise<number> {
  const { body } = await fixture.api('GET', path(id, '/attempts?limit=100'))
  return body.data.filter((one: { kind: string }) => one.kind === 'look_up').length
}

const fee = (amount: number) => Math.round(amount * 0.029) + 30

describe('a refund that a person makes at Stripe', () => {
  test.each([
    ['in part', 1_500, 'partially_refunded'],
    ['in full', undefined, 'refunded'],
  ] as const)(
    '%s becomes a refund here, with an event and the ledger',
    async (_, amount, status) => {
      const { id } = await pay()
      fixture.stripe.refundByHand(id, amount)
      await fixture.started.notify(id, 'charge')
      const minor = amount ?? 5_000
      const payment = await untilRefunds(id, [`${minor} succeeded processor`])
      expect(payment).toMatchObject({ status, refunded: minor })
      expect((await eventTypes(fixture.api, id)).slice(-2)).toEqual([
        'payment.refunded',
        'payment.refund_succeeded',
      ])
      const { body } = await fixture.api('GET', path(id, '/events'))
      expect(body.data[1]).toMatchObject({
        actor: { type: 'processor', id: 'stripe' },
        data: { refunded_amount: minor, refunds: [{ amount: minor, status: 'pending' }] },
      })
      expect(await ledgerOf(id)).toEqual({
        processor: minor - 5_000 || undefined,
        fees: fee(5_000),
        merchant_pending: 5_000 - fee(5_000) - minor,
      })
    },
  )

  test('is recorded once, however many messages and look-ups find it', async () => {
    const { id } = await pay()
    fixture.stripe.refundByHand(id, 1_500)
    const messages = ['charge', 'refund', 'payment_intent'] as const
    await Promise.all(messages.map((object) => fixture.started.notify(id, object)))
    await untilRefunds(id, ['1500 succeeded processor'])
    await advance(fixture.api, 86_400 + 10)
    await fixture.started.notify(id, 'charge')
    await untilIdle(id)
    expect(await read(id)).toMatchObject({ refunded: 1_500, refunds: ['1500 succeeded processor'] })
    expect(await eventTypes(fixture.api, id)).toHaveLength(6)
  })

  test('is found without a message, by the look-up for the settlement', async () => {
    const { id } = await pay()
    fixture.stripe.refundByHand(id, 1_500)
    await advance(fixture.api, 86_400 + 10)
    await untilRefunds(id, ['1500 succeeded processor'])
  })

  test('after the settlement is found without a message, by an hourly search', async () => {
    const paid = [await pay(), await pay(), await pay()].map(({ id }) => id)
    await settle(paid)
    for (const id of paid) fixture.stripe.refundByHand(id, 1_500)
    await search()
    for (const id of paid) await untilRefunds(id, ['1500 succeeded processor'])
  })

  test('that is recorded causes no look-up by a search', async () => {
    const { id } = await pay()
    await settle([id])
    fixture.stripe.refundByHand(id, 1_500)
    await search()
    await untilRefunds(id, ['1500 succeeded processor'])
    await untilIdle(id)
    const before = await lookUps(id)
    await search()
    await untilIdle(id)
    expect(await lookUps(id)).toBe(before)
  })

  test('is found by a message that names only the PaymentIntent', async () => {
    const { id } = await pay()
    fixture.stripe.refundByHand(id, 700)
    await fixture.started.notifyByHand(id)
    await untilRefunds(id, ['700 succeeded processor'])
    fixture.stripe.failRefunds(id)
    await fixture.started.notifyByHand(id)
    expect(await untilRefunds(id, ['700 failed processor'])).toMatchObject({
      status: 'succeeded',
      refunded: 0,
    })
  })

  test('is recorded while it is pending, and its result follows', async () => {
    const { id } = await pay()
    fixture.stripe.refundByHand(id, 700, 'pending')
    await fixture.started.notify(id, 'charge')
    expect((await untilRefunds(id, ['700 pending processor'])).refunded).toBe(700)
    fixture.stripe.completeRefunds(id)
    await fixture.started.notify(id, 'charge')
    await untilRefunds(id, ['700 succeeded processor'])
  })

  test('that failed before it was found leaves no trace', async () => {
    const { id } = await pay()
    fixture.stripe.refundByHand(id, 700)
    fixture.stripe.failRefunds(id)
    fixture.stripe.refundByHand(id, 300)
    await fixture.started.notify(id, 'charge')
    await untilRefunds(id, ['300 succeeded processor'])
  })

  test('after one of ours, and before another, adds up', async () => {
    const { id } = await pay()
    await refund(id, 1_000)
    await untilRefunds(id, ['1000 succeeded api_key'])
    fixture.stripe.refundByHand(id, 1_500)
    await fixture.started.notify(id, 'charge')
    await untilRefunds(id, ['1000 succeeded api_key', '1500 succeeded processor'])
    expect((await refund(id, 2_501)).body.error.code).toBe('refund_amount_exceeded')
    expect((await refund(id, 2_500)).body.status).toBe('refunded')
    await untilIdle(id)
    expect(fixture.stripe.keptOf(id)).toBe(0)
    expect(await ledgerOf(id)).not.toHaveProperty('processor')
  })

  test('after the settlement is taken from what is available', async () => {
    const { id } = await pay()
    fixture.stripe.settleAll()
    await advance(fixture.api, 2 * 86_400)
    await until('it is settled', async () => (await fixture.api('GET', path(id))).body.settled)
    fixture.stripe.refundByHand(id, 1_500)
    await fixture.started.notify(id, 'charge')
    await untilRefunds(id, ['1500 succeeded processor'])
    expect((await ledgerOf(id)).merchant_available).toBe(3_500 - fee(5_000))
  })
})

describe('after an unnoticed refund at Stripe,', () => {
  test('a reversal returns the rest, and the books agree', async () => {
    const { id } = await pay()
    fixture.stripe.refundByHand(id, 1_500)
    const answer = await reverse(id)
    expect([answer.status, answer.body.reversal]).toEqual([200, 'refunded'])
    const payment = await untilRefunds(id, [
      '5000 failed api_key',
      '1500 succeeded processor',
      '3500 succeeded api_key',
    ])
    expect(payment).toMatchObject({ status: 'refunded', refunded: 5_000 })
    expect(fixture.stripe.keptOf(id)).toBe(0)
    expect(await ledgerOf(id)).not.toHaveProperty('processor')
    const { body } = await fixture.api('GET', path(id))
    expect(body.refunds[0].failure_code).toBe('refunded_at_processor')
  })

  test('a reversal of a payment that is disputed meanwhile requests no other refund', async () => {
    const { id } = await pay()
    for (let n = 1; n <= 10; n++) fixture.stripe.cutNext(/POST .*refunds$/)
    await reverse(id)
    await until('the refund has failed, and waits', async () => {
      const wait = `update payment_tasks set due_at = now() + interval '9 years'
        where payment_id = $1 and kind = 'refund' and failures > 0 and leased_until is null
        returning 1`
      return (await fixture.sql.query(wait, [id])).length > 0
    })
    fixture.stripe.refundByHand(id, 1_500)
    const dispute = fixture.stripe.dispute(id, { amount: 3_500 })
    await fixture.started.notifyDispute(id)
    await until('it is disputed', async () => (await fixture.api('GET', path(id))).body.disputed)
    fixture.stripe.forgetFaults()
    await fixture.started.notify(id, 'charge')
    await untilRefunds(id, ['5000 failed api_key', '1500 succeeded processor'])
    await untilIdle(id)
    expect((await read(id)).refunds).toHaveLength(2)
    fixture.stripe.changeDispute(dispute, 'won')
    await fixture.started.notifyDispute(id)
    await until('it is won', async () => !(await fixture.api('GET', path(id))).body.disputed)
    expect((await reverse(id)).body.status).toBe('refunded')
    await until('the customer has the rest', () => fixture.stripe.keptOf(id) === 0)
  })

  test('of the whole amount, a reversal returns nothing more', async () => {
    const { id } = await pay()
    fixture.stripe.refundByHand(id)
    await reverse(id)
    await untilRefunds(id, ['5000 failed api_key', '5000 succeeded processor'])
    expect((await read(id)).status).toBe('refunded')
    expect((await reverse(id)).body.error.code).toBe('payment_not_refundable')
  })

  test('a refund that fits is made, and one that does not fit fails', async () => {
    const { id } = await pay()
    fixture.stripe.refundByHand(id, 1_500)
    await refund(id, 3_000)
    await untilRefunds(id, ['3000 succeeded api_key', '1500 succeeded processor'])
    const other = await pay()
    fixture.stripe.refundByHand(other.id, 1_500)
    await refund(other.id, 4_000)
    await untilRefunds(other.id, ['4000 failed api_key', '1500 succeeded processor'])
    expect(fixture.stripe.keptOf(other.id)).toBe(3_500)
  })

  test('made between the look-up and the refund, a reversal returns the rest', async () => {
    const { id } = await pay()
    let isFirst = true
    fixture.stripe.garble({
      path: /GET .*refunds$/,
      how: (honest) => {
        if (isFirst) fixture.stripe.refundByHand(id, 1_500)
        isFirst = false
        return JSON.stringify(honest)
      },
    })
    await reverse(id)
    await untilRefunds(id, [
      '5000 failed api_key',
      '1500 succeeded processor',
      '3500 succeeded api_key',
    ])
    expect(fixture.stripe.keptOf(id)).toBe(0)
  })
})

describe('a capture by hand', () => {
  const initiate = (id: string) =>
    fixture.api('POST', path(id, '/initiate'), { body: { payment_method_token: 'pm_card_visa' } })

  test('of a part within the window settles as a partial capture', async () => {
    const { id } = await createPayment(fixture.api, { amount: 5_000, cancel_window: 2 })
    await initiate(id)
    fixture.stripe.captureByHand(id, 2_000)
    const { body } = await fixture.api('GET', path(id))
    expect(body.status).toBe('initiated')
    await advance(fixture.api, 3)
    await untilStatus(fixture.api, id, 'succeeded')
    expect((await fixture.api('GET', path(id))).body).toMatchObject({ captured_amount: 2_000 })
    expect(await ledgerOf(id)).toMatchObject({ processor: -2_000 })
  })

  test('of a part, with a reversal while it is processing, returns the part', async () => {
    const { id } = await createPayment(fixture.api, { amount: 5_000, cancel_window: 2 })
    await initiate(id)
    fixture.stripe.captureByHand(id, 2_000)
    fixture.stripe.garble({ path: /intents\/.*/, how: () => 'no answer of Stripe’s' })
    await advance(fixture.api, 3)
    await untilStatus(fixture.api, id, 'processing')
    const answer = await reverse(id)
    expect([answer.status, answer.body.reversal]).toEqual([202, 'pending'])
    fixture.stripe.garble(null)
    await fixture.started.notify(id, 'payment_intent')
    await untilRefunds(id, ['2000 succeeded api_key'])
    expect((await read(id)).status).toBe('refunded')
    expect(fixture.stripe.keptOf(id)).toBe(0)
  })

  test('and a refund by hand within the window are both recorded', async () => {
    const { id } = await createPayment(fixture.api, { amount: 5_000, cancel_window: 2 })
    await initiate(id)
    fixture.stripe.captureByHand(id)
    fixture.stripe.refundByHand(id, 800)
    await advance(fixture.api, 3)
    await untilRefunds(id, ['800 succeeded processor'])
    expect(await read(id)).toMatchObject({ status: 'partially_refunded', refunded: 800 })
  })
})
