import { describe, expect, test } from 'vitest'
import { disputeEvents, untilDispute } from '../../api/disputes/disputed.ts'
import { brokenInvariants } from '../../support/databases/invariants.ts'
import { createPayment } from '../../support/http/api.ts'
import { untilStatus } from '../../support/payments/paid.ts'
import { advance, attempts } from '../../support/payments/sandbox.ts'
import { until } from '../../support/until.ts'
import { withMerchantAtStripe } from './stand-in/server-with-stripe.ts'

// Stripe says only that a dispute has changed. Its state is looked up, so the order and the number of the
// messages do not matter.

const fixture = withMerchantAtStripe()
const day = 86_400

async function createPaid(): Promise<string> {
  const { id } = await createPayment(fixture.api, {
    initiate: true,
    payment_method_token: 'pm_card_visa',
  })
  await untilStatus(fixture.api, id, 'succeeded')
  return id
}

/** Sends a message. Ends the pause since the last look-up, which would take two seconds. */
async function notify(id: string, said?: object): Promise<void> {
  await fixture.started.notifyDispute(id, said)
  const due = `update payment_tasks set due_at = now() where payment_id = $1 and kind = 'dispute'`
  await fixture.sql.query(due, [id])
}

const lookUps = async (id: string) =>
  (await attempts(fixture.api, id)).filter((one) => one.startsWith('look_up')).length

/** Sends a message, and waits until a look-up that began after it has ended. */
async function notifyAndWait(id: string): Promise<void> {
  const before = await lookUps(id)
  await notify(id)
  await until('the message was looked up', async () => (await lookUps(id)) > before)
  await until('nothing is in progress', async () => {
    const open = await fixture.sql.query(
      `select from payment_tasks where payment_id = $1 and lease is not null`,
      [id],
    )
    return open.length === 0
  })
}

async function ledgerOf(id: string): Promise<string[]> {
  const rows = await fixture.sql.query<{ text: string }>(
    `select kind || ' ' || amount as text from ledger_transfers
     where payment_id = $1 and kind like 'dispute%' order by event_sequence, kind`,
    [id],
  )
  return rows.map(({ text }) => text)
}

describe('a dispute at Stripe', () => {
  test('is booked with its fee, its deadline and a link to Stripe’s dashboard', async () => {
    const id = await createPaid()
    const dueBy = Date.UTC(2030, 0, 2) / 1000
    const reference = fixture.stripe.dispute(id, { amount: 4_000, dueBy })
    await notify(id)
    expect(await untilDispute(fixture.api, id, ['needs_response'])).toMatchObject({
      amount: 4_000,
      fee: 1_500,
      reason: 'product_not_received',
      evidence_due_by: '2030-01-02T00:00:00Z',
      processor: 'stripe',
      processor_url: `https://dashboard.stripe.com/test/disputes/${reference}`,
    })
    expect(await ledgerOf(id)).toEqual(['dispute 4000', 'dispute_fee 1500'])
    const refund = await fixture.api('POST', `/v1/payments/${id}/refund`, { body: { amount: 1 } })
    expect(refund.body.error).toMatchObject({
      code: 'payment_not_refundable',
      details: { reason: 'disputed' },
    })
  })

  test('is followed from message to message: evidence, and the bank’s decision', async () => {
    const id = await createPaid()
    const reference = fixture.stripe.dispute(id)
    await notify(id)
    await untilDispute(fixture.api, id, ['needs_response'])
    fixture.stripe.changeDispute(reference, 'under_review')
    await notify(id)
    await untilDispute(fixture.api, id, ['under_review'])
    fixture.stripe.changeDispute(reference, 'won')
    await notify(id)
    expect(await untilDispute(fixture.api, id, ['won'])).toMatchObject({ fee: 0 })
    expect(await disputeEvents(fixture.api, id)).toEqual([
      'payment.disputed',
      'dispute.created',
      'dispute.updated',
      'dispute.won',
    ])
    expect(await ledgerOf(id)).toEqual([
      'dispute 9999',
      'dispute_fee 1500',
      'dispute_fee_returned 1500',
      'dispute_returned 9999',
    ])
    const refund = await fixture.api('POST', `/v1/payments/${id}/refund`)
    expect(refund.status).toBe(200)
    await untilStatus(fixture.api, id, 'refunded')
  })

  test.each(['won', 'lost'])('that was %s before its first message is booked once', async (end) => {
    const id = await createPaid()
    fixture.stripe.changeDispute(fixture.stripe.dispute(id), end)
    // The message of the decision, then the one of the opening, late and doubled.
    await Promise.all([notify(id, { status: end }), notify(id), notify(id)])
    await untilDispute(fixture.api, id, [end])
    await notifyAndWait(id)
    expect(await disputeEvents(fixture.api, id)).toEqual([
      'payment.disputed',
      'dispute.created',
      `dispute.${end}`,
    ])
    const rest = end === 'won' ? 'dispute_returned 9999' : 'dispute_fee 1500'
    expect(await ledgerOf(id)).toEqual(['dispute 9999', rest])
    expect(await brokenInvariants(fixture.sql, { isAtRest: false })).toEqual({})
  })

  test('that is lost after a part was refunded returns that part, also if Stripe is late', async () => {
    const id = await createPaid()
    await fixture.api('POST', `/v1/payments/${id}/refund`, { body: { amount: 3_000 } })
    const reference = fixture.stripe.dispute(id, { amount: 9_999 })
    fixture.stripe.changeDispute(reference, 'lost')
    await notify(id)
    expect(await untilDispute(fixture.api, id, ['lost'])).toMatchObject({ withdrawn_amount: 9_999 })
    fixture.stripe.reinstate(reference, 3_000)
    await notify(id)
    await untilEvents(id, 4)
    expect(await untilDispute(fixture.api, id, ['lost'])).toMatchObject({
      amount: 9_999,
      withdrawn_amount: 6_999,
    })
    expect((await disputeEvents(fixture.api, id)).slice(-2)).toEqual([
      'dispute.lost',
      'dispute.updated',
    ])
    expect(await ledgerOf(id)).toEqual([
      'dispute 9999',
      'dispute_fee 1500',
      'dispute_returned 3000',
    ])
    expect(await brokenInvariants(fixture.sql, { isAtRest: false })).toEqual({})
  })

  test.each([
    ['and was withdrawn', 0, 'lost'],
    ['and was returned', 9_999, 'won'],
  ])('that was prevented %s is final', async (_, returned, end) => {
    const id = await createPaid()
    const reference = fixture.stripe.dispute(id)
    if (returned > 0) fixture.stripe.reinstate(reference, returned)
    fixture.stripe.changeDispute(reference, 'prevented')
    await notify(id)
    await untilDispute(fixture.api, id, [end])
  })

  test('that is reversed after it was lost returns the money', async () => {
    const id = await createPaid()
    const reference = fixture.stripe.dispute(id)
    fixture.stripe.changeDispute(reference, 'lost')
    await notify(id)
    await untilDispute(fixture.api, id, ['lost'])
    fixture.stripe.changeDispute(reference, 'won')
    await notify(id)
    await untilDispute(fixture.api, id, ['won'])
    expect((await disputeEvents(fixture.api, id)).slice(-2)).toEqual([
      'dispute.lost',
      'dispute.won',
    ])
    const { body } = await fixture.api('GET', `/v1/payments/${id}`)
    expect(body.disputed).toBe(false)
  })

  test('that one of two is won keeps the payment disputed', async () => {
    const id = await createPaid()
    const first = fixture.stripe.dispute(id, { amount: 1_000 })
    fixture.stripe.dispute(id, { amount: 2_000 })
    fixture.stripe.changeDispute(first, 'won')
    await notify(id)
    await untilEvents(id, 4)
    expect(await disputeEvents(fixture.api, id)).toContain('dispute.won')
    const { body } = await fixture.api('GET', `/v1/payments/${id}`)
    expect(body.disputed).toBe(true)
    const { body: list } = await fixture.api('GET', `/v1/disputes?payment=${id}`)
    expect(list.data.map(({ status }: { status: string }) => status).sort()).toEqual([
      'needs_response',
      'won',
    ])
  })

  test('that is an inquiry only is no dispute, until Stripe withdraws the money', async () => {
    const id = await createPaid()
    const reference = fixture.stripe.dispute(id, { status: 'warning_needs_response' })
    await notifyAndWait(id)
    expect(await disputeEvents(fixture.api, id)).toEqual([])
    fixture.stripe.changeDispute(reference, 'needs_response')
    await notify(id)
    await untilDispute(fixture.api, id, ['needs_response'])
  })

  test('that is an inquiry needs attention, and is found when it becomes a dispute without a message', async () => {
    const id = await createPaid()
    const reference = fixture.stripe.dispute(id, { status: 'warning_needs_response' })
    await notifyAndWait(id)
    const attention = async () =>
      (await fixture.api('GET', `/v1/payments/${id}/attention`)).body.data
    expect(await attention()).toMatchObject([
      { reason: 'dispute_inquiry', resolutions: ['retry', 'accepted'] },
    ])
    const body = { resolution: 'accepted', reason: 'we refund it if it becomes a dispute' }
    expect((await fixture.api('POST', `/v1/payments/${id}/resolve`, { body })).status).toBe(200)
    expect(await attention()).toEqual([])
    fixture.stripe.changeDispute(reference, 'needs_response')
    await advance(fixture.api, day)
    await untilDispute(fixture.api, id, ['needs_response'])
  })

  test('that is an inquiry needs no attention any more after the bank has closed it', async () => {
    const id = await createPaid()
    const reference = fixture.stripe.dispute(id, { status: 'warning_needs_response' })
    await notifyAndWait(id)
    fixture.stripe.changeDispute(reference, 'warning_closed')
    await advance(fixture.api, day)
    await until('it needs no attention', async () => {
      return (await fixture.api('GET', `/v1/payments/${id}/attention`)).body.data.length === 0
    })
    expect(await disputeEvents(fixture.api, id)).toEqual([])
  })

  test.each([
    ['appeal_needs_response', 'needs_response'],
    ['under_another_review', 'under_review'],
  ])('of the unknown status %s is open, because the money is withdrawn', async (status, shown) => {
    const id = await createPaid()
    fixture.stripe.dispute(id, { status })
    await notify(id)
    await untilDispute(fixture.api, id, [shown as 'under_review'])
    expect(await ledgerOf(id)).toEqual(['dispute 9999', 'dispute_fee 1500'])
  })

  test('whose message was lost is found when the settlement is looked up', async () => {
    const id = await createPaid()
    fixture.stripe.dispute(id)
    await advance(fixture.api, day)
    await untilDispute(fixture.api, id, ['needs_response'])
  })

  test('whose message was lost after the settlement is found by a search', async () => {
    const [id, other] = [await createPaid(), await createPaid()]
    fixture.stripe.settleAll()
    await advance(fixture.api, day)
    for (const paid of [id, other]) {
      await until('it is settled', async () => {
        return (await fixture.api('GET', `/v1/payments/${paid}`)).body.settled
      })
    }
    fixture.stripe.dispute(id)
    fixture.stripe.dispute(other)
    await fixture.sql.query('update processor_sweeps set due_at = now()')
    await untilDispute(fixture.api, id, ['needs_response'])
    await untilDispute(fixture.api, other, ['needs_response'])
  })

  test('of which a part came back is noticed by the look-up of a refund, if the message was lost', async () => {
    const id = await createPaid()
    const reference = fixture.stripe.dispute(id)
    fixture.stripe.changeDispute(reference, 'lost')
    await notify(id)
    await untilDispute(fixture.api, id, ['lost'])
    fixture.stripe.reinstate(reference, 2_000)
    await fixture.started.notify(id, 'refund')
    await untilEvents(id, 4)
    expect(await ledgerOf(id)).toContain('dispute_returned 2000')
  })

  test('whose later messages were lost is found by look-ups while it is open', async () => {
    const id = await createPaid()
    const reference = fixture.stripe.dispute(id)
    await notify(id)
    await untilDispute(fixture.api, id, ['needs_response'])
    fixture.stripe.changeDispute(reference, 'lost')
    await advance(fixture.api, day)
    await untilDispute(fixture.api, id, ['lost'])
  })
})

async function untilEvents(id: string, count: number): Promise<void> {
  await until(
    `${count} events`,
    async () => (await disputeEvents(fixture.api, id)).length === count,
  )
}

describe('a message about a dispute', () => {
  test('is never believed: without a dispute at Stripe, nothing is booked', async () => {
    const id = await createPaid()
    await notify(id, { status: 'lost', amount: 9999, currency: 'usd' })
    await notifyAndWait(id)
    expect(await disputeEvents(fixture.api, id)).toEqual([])
  })

  test.each([
    ['without a PaymentIntent', { payment_intent: null }],
    ['with a PaymentIntent that Stripe does not know', { payment_intent: 'pi_999' }],
    ['with another path as the PaymentIntent', { payment_intent: 'pi_1/../../v1/refunds' }],
    ['with an object as the PaymentIntent', { payment_intent: { id: 'pi_1' } }],
  ])('%s is ignored', async (_, said) => {
    const about = { id: 'dp_1', object: 'dispute', ...said }
    expect(await fixture.started.send(about)).toBe(200)
  })

  test('that Stripe cannot explain now is answered 502, so that Stripe sends it again', async () => {
    const id = await createPaid()
    fixture.stripe.dispute(id)
    const intent = fixture.stripe.intentOf(id)
    const path = new RegExp(`payment_intents/${intent}$`)
    fixture.stripe.failNext(path, 500, { type: 'api_error' })
    const about = { id: 'dp_1', object: 'dispute', payment_intent: intent }
    expect(await fixture.started.send(about)).toBe(502)
    expect(await disputeEvents(fixture.api, id)).toEqual([])
    await notify(id)
    await untilDispute(fixture.api, id, ['needs_response'])
  })
})
