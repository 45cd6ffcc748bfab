import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { brokenInvariants } from '../../support/databases/invariants.ts'
import { createPaid, eventTypes, untilStatus } from '../../support/payments/paid.ts'
import { advance } from '../../support/payments/sandbox.ts'
import { until } from '../../support/until.ts'
import { attentionOf } from './attention.ts'
import { readersOf } from './readers.ts'
import { withMerchantAtStripe } from './stand-in/server-with-stripe.ts'

// Stripe does not tell what has happened, or tells something that cannot be booked. An operator closes
// each of these waits, and a later answer of Stripe is never booked twice.

const fixture = withMerchantAtStripe()
const { read, untilRefunds, untilIdle, ledgerOf } = readersOf(fixture)
const { silence, answerAgain, initiate, untilReasons, untilFailing, resolve, reasons } =
  attentionOf(fixture)

const minutes = 60
const hours = 3_600
const days = 86_400
const fee = 175

afterEach(answerAgain)

afterAll(async () => {
  expect(await brokenInvariants(fixture.sql, { isAtRest: false })).toEqual({})
})

const path = (id: string, more = '') => `/v1/payments/${id}${more}`
const pay = () => createPaid(fixture.api, { token: 'pm_card_visa', amount: 5_000 })
const events = async (id: string) =>
  (await fixture.api('GET', path(id, '/events?limit=100'))).body.data
const by = { type: 'api_key' }
const reason = 'seen in the dashboard of Stripe'

describe('a capture without an answer', () => {
  async function waitForCapture(): Promise<string> {
    silence(/capture|GET .*payment_intents\/pi/)
    const id = await initiate()
    await untilStatus(fixture.api, id, 'processing')
    await untilFailing(id, 16 * minutes)
    await untilReasons(id, ['capture_overdue'])
    return id
  }

  test('that an operator declares as captured is booked once, also if Stripe answers later', async () => {
    const id = await waitForCapture()
    const resolved = await resolve(id, 'captured')
    expect(resolved.status, resolved.text).toBe(200)
    expect(resolved.body).toMatchObject({ status: 'succeeded', captured_amount: 5_000, fee })
    expect((await events(id))[0]).toMatchObject({ type: 'payment.succeeded', actor: by, reason })
    expect(await reasons(id)).toEqual([])
    answerAgain()
    await fixture.started.notify(id, 'payment_intent')
    await untilIdle(id)
    await advance(fixture.api, 86_400 + 10)
    await untilIdle(id)
    expect(
      (await eventTypes(fixture.api, id)).filter((type) => type === 'payment.succeeded'),
    ).toHaveLength(1)
    expect(await ledgerOf(id)).toEqual({
      processor: -5_000,
      fees: fee,
      merchant_pending: 5_000 - fee,
    })
  })

  test('that an operator declares as not captured is refunded if Stripe has captured it', async () => {
    const id = await waitForCapture()
    const resolved = await resolve(id, 'not_captured')
    expect(resolved.body).toMatchObject({ status: 'failed', failure_code: 'not_captured' })
    expect((await events(id))[0]).toMatchObject({ type: 'payment.failed', actor: by, reason })
    answerAgain()
    await until('the customer has the money', async () =>
      (await eventTypes(fixture.api, id)).includes('payment.late_capture_refunded'),
    )
    expect(fixture.stripe.keptOf(id)).toBe(0)
    expect(await ledgerOf(id)).toEqual({})
  })

  test('of another amount needs attention, until an operator accepts the difference', async () => {
    const id = await waitForCapture()
    expect((await resolve(id, 'captured', { amount: 3_000 })).body).toMatchObject({
      status: 'succeeded',
      captured_amount: 3_000,
    })
    answerAgain()
    await advance(fixture.api, days + 10)
    await untilReasons(id, ['capture_contradicted'])
    expect((await resolve(id, 'accepted')).status).toBe(200)
    expect((await events(id))[0]).toMatchObject({ type: 'payment.resolved', actor: by, reason })
    expect(await reasons(id)).toEqual([])
  })
})

describe('a refund without an answer', () => {
  async function waitForRefund(): Promise<string> {
    const { id } = await pay()
    // Stripe makes the refund, and no answer about it can be read.
    const how = (honest: Readonly<Record<string, unknown>>) =>
      Array.isArray(honest.data) && honest.data.length === 0 ? JSON.stringify(honest) : 'nonsense'
    fixture.stripe.garble({ path: /refunds/, how })
    expect(
      (await fixture.api('POST', path(id, '/refund'), { body: { amount: 2_000 } })).status,
    ).toBe(200)
    await untilFailing(id, hours + minutes)
    await untilReasons(id, ['refund_overdue'])
    return id
  }

  test('that an operator declares as paid is not booked again when Stripe reports it', async () => {
    const id = await waitForRefund()
    const resolved = await resolve(id, 'refund_paid')
    expect(resolved.status, resolved.text).toBe(200)
    const [event] = await events(id)
    expect(event).toMatchObject({ type: 'payment.refund_succeeded', actor: by, reason })
    answerAgain()
    await fixture.started.notify(id, 'refund')
    await untilIdle(id)
    await untilRefunds(id, ['2000 succeeded api_key'])
    expect(fixture.stripe.keptOf(id)).toBe(3_000)
    fixture.stripe.failRefunds(id)
    await fixture.started.notify(id, 'refund')
    await untilRefunds(id, ['2000 failed api_key'])
  })

  test('that an operator declares as failed is booked as a refund of Stripe if it was paid', async () => {
    const id = await waitForRefund()
    const resolved = await resolve(id, 'refund_failed')
    expect(resolved.body).toMatchObject({ status: 'succeeded', refunded_amount: 0 })
    const [event] = await events(id)
    expect(event).toMatchObject({ type: 'payment.refund_failed', actor: by, reason })
    answerAgain()
    expect((await fixture.api('POST', path(id, '/refund'))).status).toBe(200)
    // Of the second refund only the rest is left.
    await untilRefunds(id, [
      '2000 failed api_key',
      '5000 failed api_key',
      '2000 succeeded processor',
      '3000 succeeded api_key',
    ])
    expect(fixture.stripe.keptOf(id)).toBe(0)
  })

  test('that Stripe makes on top of all others needs attention at once, and can be accepted', async () => {
    const { id } = await pay()
    fixture.stripe.failNext(/POST .*refunds/, 409, { message: 'locked', code: 'lock_timeout' })
    silence(/GET .*refunds/)
    expect((await fixture.api('POST', path(id, '/refund'))).status).toBe(200)
    await untilFailing(id, hours + minutes)
    await untilReasons(id, ['refund_overdue'])
    // Nothing was sent: the look-up before it got no answer.
    expect((await resolve(id, 'refund_paid')).status).toBe(200)
    answerAgain()
    fixture.stripe.forgetFaults()
    fixture.stripe.refundByHand(id)
    await fixture.started.notify(id, 'charge')
    await untilReasons(id, ['refunded_above_captured'])
    expect((await resolve(id, 'accepted')).status).toBe(200)
    await fixture.started.notify(id, 'charge')
    await untilIdle(id)
    expect(await reasons(id)).toEqual([])
    expect(await read(id)).toMatchObject({ refunded: 5_000, refunds: ['5000 succeeded api_key'] })
  })
})

describe('a void without an answer', () => {
  async function waitForVoid(): Promise<string> {
    const id = await initiate({ cancel_window: 600 })
    silence(/cancel|GET .*payment_intents/)
    expect((await fixture.api('POST', path(id, '/cancel'))).status).toBe(200)
    await untilFailing(id, hours + minutes)
    await untilReasons(id, ['void_overdue'])
    return id
  }

  test('that an operator declares as done ends, and the canceled payment stays as it is', async () => {
    const id = await waitForVoid()
    const before = await fixture.api('GET', path(id))
    expect((await resolve(id, 'captured')).body.error).toMatchObject({
      code: 'payment_not_resolvable',
      details: {
        current_status: 'canceled',
        resolutions: ['retry', 'voided', 'late_capture_refunded'],
      },
    })
    expect((await resolve(id, 'voided')).status).toBe(200)
    expect((await fixture.api('GET', path(id))).body).toEqual(before.body)
    const [event] = await events(id)
    expect(event).toMatchObject({ type: 'payment.resolved', actor: by, reason })
    const tasks = await fixture.sql.query('select kind from payment_tasks where payment_id = $1', [
      id,
    ])
    expect(tasks.filter(({ kind }) => kind === 'void')).toEqual([])
  })

  test('that an operator declares as done wrongly is refunded if the money is captured later', async () => {
    const id = await initiate({ cancel_window: 600 })
    for (let n = 1; n <= 30; n++) fixture.stripe.cutNext(/cancel$/)
    expect((await fixture.api('POST', path(id, '/cancel'))).status).toBe(200)
    await untilFailing(id, hours + minutes)
    await untilReasons(id, ['void_overdue'])
    expect((await resolve(id, 'voided')).status).toBe(200)
    fixture.stripe.forgetFaults()
    fixture.stripe.captureByHand(id)
    await fixture.started.notify(id, 'payment_intent')
    await until('the customer has the money', async () =>
      (await eventTypes(fixture.api, id)).includes('payment.late_capture_refunded'),
    )
    expect(fixture.stripe.keptOf(id)).toBe(0)
    expect((await fixture.api('GET', path(id))).body.status).toBe('canceled')
    expect(await ledgerOf(id)).toEqual({})
  })

  test('is made again if an operator wants it', async () => {
    const id = await waitForVoid()
    answerAgain()
    expect((await resolve(id, 'retry')).status).toBe(200)
    await untilReasons(id, [])
    await untilIdle(id)
    expect(await eventTypes(fixture.api, id)).not.toContain('payment.resolved')
  })
})

test('a late capture that an operator has paid back by other means is not refunded again', async () => {
  const id = await initiate({ cancel_window: 600 })
  fixture.stripe.captureByHand(id)
  silence(/POST .*refunds/)
  expect((await fixture.api('POST', path(id, '/cancel'))).status).toBe(200)
  // Stripe takes the refund, which then comes back.
  await until('Stripe has the refund', () => fixture.stripe.keptOf(id) === 0)
  fixture.stripe.failRefunds(id)
  await untilFailing(id, hours + minutes)
  await untilReasons(id, ['late_refund_overdue'])
  expect((await resolve(id, 'voided')).status).toBe(412)
  expect((await resolve(id, 'late_capture_refunded')).status).toBe(200)
  const [event] = await events(id)
  expect(event).toMatchObject({ type: 'payment.late_capture_refunded', actor: by, reason })
  answerAgain()
  const count = fixture.stripe.movements.length
  await fixture.started.notify(id, 'charge')
  await untilIdle(id)
  expect(fixture.stripe.movements).toHaveLength(count)
  expect(await reasons(id)).toEqual([])
})

describe('credentials that Stripe refuses', () => {
  test('need attention at once, which ends by itself with the right ones', async () => {
    const { merchant_id: merchant, id } = await pay()
    const setKey = async (secretKey: string) => {
      const body = {
        processor: 'stripe',
        secret_key: secretKey,
        webhook_secret: 'whsec_of_this_merchant',
      }
      const answer = await fixture.api('POST', `/v1/merchants/${merchant}/processor`, { body })
      expect(answer.status, answer.text).toBe(200)
    }
    await setKey('sk_test_of_somebody_else')
    expect((await fixture.api('POST', path(id, '/refund'))).status).toBe(200)
    await untilReasons(id, ['processor_refuses_credentials'])
    await setKey('sk_test_of_this_merchant')
    expect((await resolve(id, 'retry')).status).toBe(200)
    await untilReasons(id, [])
    await untilRefunds(id, ['5000 succeeded api_key'])
  })
})

describe('a dispute', () => {
  test('that cannot be read needs attention, and hides neither refunds nor the settlement', async () => {
    const { id } = await pay()
    fixture.stripe.refundByHand(id, 1_500)
    fixture.stripe.dispute(id)
    silenceDisputes()
    await fixture.started.notifyDispute(id)
    await untilReasons(id, ['dispute_unreadable'])
    await fixture.started.notify(id, 'charge')
    await untilRefunds(id, ['1500 succeeded processor'])
    expect((await resolve(id, 'accepted')).status).toBe(200)
    await fixture.started.notifyDispute(id)
    await untilIdle(id)
    expect(await reasons(id)).toEqual([])
  })

  test('that an operator declares as won follows Stripe if the bank decides otherwise', async () => {
    const { id } = await pay()
    const dispute = fixture.stripe.dispute(id)
    await fixture.started.notifyDispute(id)
    await until(
      'the dispute is known',
      async () => (await fixture.api('GET', path(id))).body.disputed,
    )
    fixture.stripe.settleAll()
    await advance(fixture.api, 181 * days)
    await until('it is settled', async () => (await fixture.api('GET', path(id))).body.settled)
    await untilReasons(id, ['dispute_overdue'])
    const booked = await ledgerOf(id)
    expect((await resolve(id, 'dispute_won')).body.disputed).toBe(false)
    const [event] = await events(id)
    expect(event).toMatchObject({ type: 'dispute.won', actor: by, reason })
    fixture.stripe.changeDispute(dispute, 'lost')
    await fixture.started.notifyDispute(id)
    await until(
      'the dispute is lost',
      async () => (await fixture.api('GET', path(id))).body.disputed,
    )
    expect(await ledgerOf(id)).toEqual(booked)
  })
})

test('a settlement that Stripe does not report can be declared', async () => {
  const { id } = await pay()
  await advance(fixture.api, 31 * days)
  await untilReasons(id, ['settlement_overdue'])
  expect((await resolve(id, 'settled')).body).toMatchObject({ settled: true })
  const [event] = await events(id)
  expect(event).toMatchObject({ type: 'payment.settled', actor: by, reason })
  expect((await ledgerOf(id)).merchant_available).toBe(5_000 - fee)
})

function silenceDisputes(): void {
  const how = (honest: Readonly<Record<string, unknown>>) => {
    const data = (honest.data as object[]).map((one) => ({ ...one, amount: 'many' }))
    return JSON.stringify({ ...honest, data })
  }
  fixture.stripe.garble({ path: /GET .*disputes/, how })
}
