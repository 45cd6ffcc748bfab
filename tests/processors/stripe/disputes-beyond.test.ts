import { afterAll, afterEach, expect, test } from 'vitest'
import { disputeEvents, untilDispute } from '../../api/disputes/disputed.ts'
import { brokenInvariants } from '../../support/databases/invariants.ts'
import { createPayment } from '../../support/http/api.ts'
import { createPaid, untilStatus } from '../../support/payments/paid.ts'
import { advance } from '../../support/payments/sandbox.ts'
import { until } from '../../support/until.ts'
import { readersOf } from './readers.ts'
import { withMerchantAtStripe } from './stand-in/server-with-stripe.ts'

// Disputes and refunds that do not fit what this server did: of canceled payments, in another currency, above
// the captured amount, and those of which no message tells.

const fixture = withMerchantAtStripe()
const { ledgerOf, untilIdle, untilRefunds } = readersOf(fixture)

afterEach(() => fixture.stripe.garble(null))

afterAll(async () => {
  expect(await brokenInvariants(fixture.sql, { isAtRest: false })).toEqual({})
})

const path = (id: string, more = '') => `/v1/payments/${id}${more}`

async function createInWindow(): Promise<string> {
  const { id } = await createPayment(fixture.api, { amount: 5_000, cancel_window: 3_600 })
  const body = { payment_method_token: 'pm_card_visa' }
  await fixture.api('POST', path(id, '/initiate'), { body })
  return id
}

/** Makes the next look-up of the disputes due, and sends a message about them. */
async function notify(id: string): Promise<void> {
  await fixture.started.notifyDispute(id)
  const due = `update payment_tasks set due_at = now() where payment_id = $1 and kind = 'dispute'`
  await fixture.sql.query(due, [id])
}

test('a dispute of a canceled payment is booked with its fee, and nothing else of the payment changes', async () => {
  const id = await createInWindow()
  fixture.stripe.captureByHand(id)
  const reference = fixture.stripe.dispute(id)
  const canceled = await fixture.api('POST', path(id, '/cancel'))
  await untilDispute(fixture.api, id, ['needs_response'])
  await untilIdle(id)
  expect((await fixture.api('GET', path(id))).body).toEqual(canceled.body)
  expect(await ledgerOf(id)).toEqual({ processor: 1_500, merchant_available: -1_500 })
  // The bank decides for the merchant, who must not keep the money.
  fixture.stripe.changeDispute(reference, 'won')
  await notify(id)
  await untilDispute(fixture.api, id, ['won'])
  await until('the money is refunded', () => fixture.stripe.keptOf(id) === 0)
  expect(await disputeEvents(fixture.api, id)).toEqual(['dispute.created', 'dispute.won'])
  expect(await ledgerOf(id)).toEqual({})
})

test('the events of a canceled payment keep their order by time, although a clock is behind', async () => {
  const id = await createInWindow()
  fixture.stripe.captureByHand(id)
  for (let n = 1; n <= 20; n++) fixture.stripe.cutNext(/POST .*refunds$/)
  await fixture.api('POST', path(id, '/cancel'))
  await until('the refund has failed', async () => {
    const failed = 'select from payment_tasks where payment_id = $1 and failures > 0'
    return (await fixture.sql.query(failed, [id])).length > 0
  })
  await advance(fixture.api, 3_600)
  fixture.stripe.forgetFaults()
  await until('the money is refunded', () => fixture.stripe.keptOf(id) === 0)
  await untilIdle(id)
  const setBack = (seconds: number) =>
    fixture.sql.query('update test_clocks set offset_seconds = offset_seconds - $1', [seconds])
  await setBack(3_600)
  const reference = fixture.stripe.dispute(id)
  await notify(id)
  await untilDispute(fixture.api, id, ['needs_response'])
  fixture.stripe.changeDispute(reference, 'lost')
  await notify(id)
  await untilDispute(fixture.api, id, ['lost'])
  await setBack(-3_600)
  const { body } = await fixture.api('GET', path(id, '/events?limit=100'))
  const times = body.data.map(({ created }: { created: string }) => created)
  expect(times).toEqual(times.toSorted().reverse())
})

test('money that a lost dispute has returned is not refunded to the customer of a canceled payment', async () => {
  const id = await createInWindow()
  fixture.stripe.captureByHand(id)
  const reference = fixture.stripe.dispute(id)
  await fixture.api('POST', path(id, '/cancel'))
  await untilDispute(fixture.api, id, ['needs_response'])
  fixture.stripe.changeDispute(reference, 'lost')
  await notify(id)
  await untilDispute(fixture.api, id, ['lost'])
  await until('the void is done', async () => {
    const open = `select from payment_tasks where payment_id = $1 and kind = 'void'`
    return (await fixture.sql.query(open, [id])).length === 0
  })
  expect(fixture.stripe.movementsOf(id).map(({ kind }) => kind)).toEqual(['authorize', 'capture'])
})

test('a dispute in another currency is booked in that currency', async () => {
  const { id } = await createPaid(fixture.api, { token: 'pm_card_visa', amount: 5_000 })
  fixture.stripe.dispute(id, { amount: 4_600, currency: 'eur' })
  await notify(id)
  expect(await untilDispute(fixture.api, id, ['needs_response'])).toMatchObject({
    amount: 4_600,
    currency: 'EUR',
    fee: 1_500,
  })
  const booked = await fixture.sql.query(
    `select kind, amount::integer, currency, debit_account as account from ledger_transfers
     where payment_id = $1 and kind like 'dispute%' order by kind`,
    [id],
  )
  const account = 'merchant_available'
  expect(booked).toEqual([
    { kind: 'dispute', amount: 4_600, currency: 'EUR', account },
    { kind: 'dispute_fee', amount: 1_500, currency: 'EUR', account },
  ])
})

test('a capture that finds the money captured and disputed books the dispute at once', async () => {
  const id = await createInWindow()
  fixture.stripe.captureByHand(id)
  fixture.stripe.dispute(id)
  await advance(fixture.api, 3_601)
  await untilStatus(fixture.api, id, 'succeeded')
  await untilDispute(fixture.api, id, ['needs_response'])
})

test('refunds above the captured amount are looked up once a day, and need attention', async () => {
  const { id } = await createPaid(fixture.api, { token: 'pm_card_visa', amount: 5_000 })
  fixture.stripe.refundByHand(id, 1_000)
  const twice = (honest: Readonly<Record<string, unknown>>) => {
    const [refund] = honest.data as readonly object[]
    const more = { ...refund, id: 're_too_much', amount: 4_001 }
    return JSON.stringify({ ...honest, data: [refund, more] })
  }
  fixture.stripe.garble({ path: /GET .*refunds$/, how: twice })
  await fixture.started.notify(id, 'charge')
  const task = await until('the task waits for a person', async () => {
    const [row] = await fixture.sql.query(
      `select attention, failures, due_at > now() + interval '23 hours' as "isPatient"
       from payment_tasks where payment_id = $1 and kind = 'refund' and lease is null`,
      [id],
    )
    return row?.attention && row
  })
  expect(task).toEqual({ attention: 'refunded_above_captured', failures: 0, isPatient: true })
  // What fits is booked. When the surplus is gone, the task ends.
  await untilRefunds(id, ['1000 succeeded processor'])
  fixture.stripe.garble(null)
  await fixture.started.notify(id, 'charge')
  await until('the task is done', async () => {
    const open = `select from payment_tasks where payment_id = $1 and kind = 'refund'`
    return (await fixture.sql.query(open, [id])).length === 0
  })
})

test('a refund by hand after the settlement is found although its message was lost', async () => {
  const { id } = await createPaid(fixture.api, { token: 'pm_card_visa', amount: 5_000 })
  fixture.stripe.settleAll()
  await advance(fixture.api, 2 * 86_400)
  await until('it is settled', async () => (await fixture.api('GET', path(id))).body.settled)
  await untilIdle(id)
  fixture.stripe.refundByHand(id, 1_500)
  await advance(fixture.api, 8 * 86_400)
  await untilRefunds(id, ['1500 succeeded processor'])
  fixture.stripe.failRefunds(id)
  await advance(fixture.api, 20 * 86_400)
  await untilRefunds(id, ['1500 failed processor'])
})
