import { describe, expect, test } from 'vitest'
import { brokenInvariants } from '../../support/databases/invariants.ts'
import { createPayment } from '../../support/http/api.ts'
import { eventTypes, untilStatus } from '../../support/payments/paid.ts'
import { advance } from '../../support/payments/sandbox.ts'
import { until } from '../../support/until.ts'
import { readersOf } from './readers.ts'
import { withMerchantAtStripe } from './stand-in/server-with-stripe.ts'

// A bank can return a debit after it has succeeded. Stripe reports that as a dispute that is lost at once.

const fixture = withMerchantAtStripe()
const { read, untilRefunds, untilIdle, ledgerOf } = readersOf(fixture)

/** A debit that has succeeded. */
async function createPaidDebit(token = 'pm_usBankAccount_success'): Promise<string> {
  const { id } = await createPayment(fixture.api, {
    initiate: true,
    payment_method: 'ach',
    payment_method_token: token,
  })
  await until('the debit is sent', async () => fixture.stripe.movementsOf(id).length > 0)
  fixture.stripe.decideDebit(id)
  await fixture.started.notify(id, 'payment_intent')
  await lookUpNow(id)
  await untilStatus(fixture.api, id, 'succeeded')
  return id
}

/** Ends the pauses between look-ups. Leaves tasks in progress alone. */
async function lookUpNow(id: string): Promise<void> {
  const [{ merchant_id: merchantId }] = await fixture.sql.query(
    'select merchant_id from payments where id = $1',
    [id],
  )
  await fixture.sql.query(
    `update payment_tasks set due_at = now()
     where merchant_id = $2 and payment_id = $1 and kind in (
       select kind from payment_tasks
       where merchant_id = $2 and payment_id = $1 and kind <> 'settle' and lease is null
       for update skip locked)`,
    [id, merchantId],
  )
}

/** The bank returns a debit, and Stripe's message arrives. */
async function returnDebit(id: string, reason?: string): Promise<void> {
  fixture.stripe.returnDebit(id, reason)
  await fixture.started.notifyDispute(id)
  await lookUpNow(id)
}

const untilReturned = (id: string) =>
  until('the debit is returned', async () => {
    await lookUpNow(id)
    const { body } = await fixture.api('GET', `/v1/payments/${id}`)
    return body.status === 'failed' && body
  })

describe('a debit that the bank returns after its success', () => {
  test('is not paid: the payment has failed, with the code of the bank', async () => {
    const id = await createPaidDebit()
    await returnDebit(id, 'incorrect_account_details')
    const returned = await untilReturned(id)
    expect(returned).toMatchObject({
      failure_code: 'incorrect_account_details',
      failure_message: 'The bank has returned the debit: incorrect account details.',
      captured_amount: 9_999,
      net_amount: -returned.fee,
      allowed_actions: [],
      disputed: true,
    })
    expect(await eventTypes(fixture.api, id)).toEqual([
      'payment.created',
      'payment.initiated',
      'payment.processing',
      'payment.succeeded',
      'payment.disputed',
      'dispute.created',
      'dispute.lost',
      'payment.returned',
      'ach.returned',
    ])
  })

  test('before its settlement is looked up again, so that money that comes back later is found', async () => {
    const id = await createPaidDebit()
    const dispute = fixture.stripe.returnDebit(id)
    await fixture.started.notifyDispute(id)
    await untilReturned(id)
    await untilIdle(id)
    fixture.stripe.changeDispute(dispute, 'won')
    await advance(fixture.api, 10 * 86_400)
    await until('the dispute is won', async () =>
      (await eventTypes(fixture.api, id)).includes('dispute.won'),
    )
  })

  test('costs the merchant the amount and the fees, and leaves nothing pending', async () => {
    const id = await createPaidDebit()
    const { fee } = (await fixture.api('GET', `/v1/payments/${id}`)).body
    await returnDebit(id)
    await untilReturned(id)
    expect(await ledgerOf(id)).toEqual({
      fees: fee,
      merchant_available: -fee - 1_500,
      processor: 1_500,
    })
  })

  test('is taken from the available balance after the settlement', async () => {
    const id = await createPaidDebit()
    fixture.stripe.settleAll()
    await fixture.sql.query(
      `update payment_tasks set due_at = now() where payment_id = $1 and kind = 'settle'`,
      [id],
    )
    await until('it is settled', async () =>
      (await eventTypes(fixture.api, id)).includes('payment.settled'),
    )
    await returnDebit(id)
    const { fee } = await untilReturned(id)
    expect(await ledgerOf(id)).toMatchObject({ merchant_available: -fee - 1_500 })
  })

  test('is recorded once, however many messages arrive, and is never voided or refunded', async () => {
    const id = await createPaidDebit()
    await returnDebit(id)
    await untilReturned(id)
    for (const object of ['payment_intent', 'charge', 'refund'] as const) {
      await fixture.started.notify(id, object)
      await lookUpNow(id)
    }
    await fixture.started.notifyDispute(id)
    await lookUpNow(id)
    await untilIdle(id)
    const types = await eventTypes(fixture.api, id)
    expect(types.filter((type) => type === 'payment.returned')).toHaveLength(1)
    expect(fixture.stripe.movementsOf(id).map(({ kind }) => kind)).toEqual(['debit', 'capture'])
  })

  test('cannot be refunded or reversed', async () => {
    const id = await createPaidDebit()
    await returnDebit(id)
    await untilReturned(id)
    for (const action of ['refund', 'reverse']) {
      const refused = await fixture.api('POST', `/v1/payments/${id}/${action}`)
      expect(refused).toMatchObject({
        status: 412,
        body: { error: { code: 'payment_not_refundable', details: { current_status: 'failed' } } },
      })
    }
  })

  test('after a refund of a part has failed too, and the refund stays paid', async () => {
    const id = await createPaidDebit()
    await fixture.api('POST', `/v1/payments/${id}/refund`, { body: { amount: 4_000 } })
    await untilRefunds(id, ['4000 succeeded api_key'])
    await returnDebit(id)
    const returned = await untilReturned(id)
    expect(returned.refunded_amount).toBe(4_000)
    expect(await read(id)).toMatchObject({ status: 'failed', refunds: ['4000 succeeded api_key'] })
  })

  test('while a refund is pending keeps it, and its failure follows', async () => {
    const id = await createPaidDebit('pm_usBankAccount_refundPending')
    await fixture.api('POST', `/v1/payments/${id}/refund`, { body: { amount: 4_000 } })
    await until('the refund was sent', async () =>
      fixture.stripe.movementsOf(id).some(({ kind }) => kind === 'refund'),
    )
    await returnDebit(id)
    await untilReturned(id)
    fixture.stripe.failRefunds(id)
    await until('the refund has failed', async () => {
      await lookUpNow(id)
      return (await read(id)).refunds.join() === '4000 failed api_key'
    })
    expect(await read(id)).toMatchObject({ status: 'failed', refunded: 0 })
  })

  test('stops a refund that was not sent', async () => {
    const id = await createPaidDebit()
    // Stripe refuses the refund as well, because the payment is charged back.
    fixture.stripe.returnDebit(id)
    await fixture.api('POST', `/v1/payments/${id}/refund`)
    await fixture.started.notifyDispute(id)
    await untilReturned(id)
    await until('the refund has failed', async () => {
      await lookUpNow(id)
      return (await read(id)).refunds.join() === '9999 failed api_key'
    })
    await untilIdle(id)
    expect(await read(id)).toMatchObject({ status: 'failed', refunded: 0 })
  })

  test('records a refund that a person made before it', async () => {
    const id = await createPaidDebit()
    fixture.stripe.refundByHand(id, 1_500)
    await returnDebit(id)
    await untilReturned(id)
    expect(await read(id)).toMatchObject({
      status: 'failed',
      refunds: ['1500 succeeded processor'],
    })
  })

  test('is found without a message', async () => {
    const id = await createPaidDebit()
    fixture.stripe.returnDebit(id)
    await fixture.sql.query(
      `update payment_tasks set due_at = now() where payment_id = $1 and kind = 'settle'`,
      [id],
    )
    await untilReturned(id)
  })

  test('that is won later gives the money back, and stays failed', async () => {
    const id = await createPaidDebit()
    const dispute = fixture.stripe.returnDebit(id)
    await fixture.started.notifyDispute(id)
    await untilReturned(id)
    fixture.stripe.changeDispute(dispute, 'won')
    await fixture.started.notifyDispute(id)
    await until('the dispute is won', async () => {
      await lookUpNow(id)
      return (await eventTypes(fixture.api, id)).includes('dispute.won')
    })
    const { status, fee, disputed } = (await fixture.api('GET', `/v1/payments/${id}`)).body
    expect({ status, disputed }).toEqual({ status: 'failed', disputed: false })
    expect(await ledgerOf(id)).toMatchObject({ merchant_available: 9_999 - fee })
  })
})

test('a card that loses a dispute stays succeeded', async () => {
  const { id } = await createPayment(fixture.api, {
    initiate: true,
    payment_method_token: 'pm_card_visa',
  })
  await untilStatus(fixture.api, id, 'succeeded')
  fixture.stripe.dispute(id, { status: 'lost', reason: 'insufficient_funds' })
  await fixture.started.notifyDispute(id)
  await until('the dispute is lost', async () =>
    (await eventTypes(fixture.api, id)).includes('dispute.lost'),
  )
  expect((await read(id)).status).toBe('succeeded')
})

test('after all of these, every total, balance and plot is right', async () => {
  await until('all events are counted', async () => {
    const rows = await fixture.sql.query(
      `select from stats_progress where position >= (select max(position) from events)`,
    )
    return rows.length === 1
  })
  expect(await brokenInvariants(fixture.sql, { isAtRest: false })).toEqual({})
  const [counted] = await fixture.sql.query<{ succeeded: number; failed: number }>(
    `select sum(count) filter (where measure = 'succeeded')::integer as succeeded,
       sum(count) filter (where measure = 'failed')::integer as failed from hourly_stats`,
  )
  const [real] = await fixture.sql.query<{ succeeded: number; failed: number }>(
    `select count(*) filter (where status in ('succeeded', 'partially_refunded', 'refunded'))::integer
       as succeeded, count(*) filter (where status = 'failed')::integer as failed from payments`,
  )
  expect(counted).toEqual(real)
})
