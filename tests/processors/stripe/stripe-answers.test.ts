import { describe, expect, test } from 'vitest'
import { authorize, call, captureRequest, payment, withStripe } from './with-stripe.ts'

const given = withStripe()

/** Makes Stripe answer requests with other values. */
function answerWith(path: RegExp, change: object) {
  given.stripe.garble({ path, how: (honest) => JSON.stringify({ ...honest, ...change }) })
}

const confirmed = payment({ reference: 'pi_1' })

describe('an answer of Stripe', () => {
  test.each(['processing', 'requires_a_new_thing'])(
    'with the status %s is undecided for each call',
    async (status) => {
      answerWith(/pi_1(\/confirm|\/capture)?$/, { status })
      const undecided = { outcome: 'undecided', reference: 'pi_1' }
      expect(await given.processor.authorize(payment(), authorize())).toEqual(undecided)
      expect(await given.processor.capture(confirmed, captureRequest())).toEqual(undecided)
      expect(await given.processor.lookUp(confirmed, call())).toEqual({
        state: 'undecided',
        reference: 'pi_1',
      })
    },
  )

  test('to the confirmation of a manually captured payment means authorized', async () => {
    await given.processor.authorize(payment(), authorize())
    given.stripe.captureByHand('pay_1')
    const again = await given.processor.authorize(confirmed, authorize())
    expect(again).toMatchObject({ outcome: 'authorized', reference: 'pi_1', expiresAt: null })
    expect(given.kinds()).toEqual(['authorize', 'capture'])
  })

  test('to a cancel with another status than canceled leaves the void undecided', async () => {
    await given.processor.authorize(payment(), authorize())
    answerWith(/cancel$|pi_1$/, { status: 'processing' })
    expect(await given.processor.void(confirmed, call())).toEqual({
      outcome: 'undecided',
      reference: 'pi_1',
    })
  })

  test('that rejects the cancel of an open authorization leaves the void undecided', async () => {
    await given.processor.authorize(payment(), authorize())
    given.stripe.failNext(/cancel$/, 400, { code: 'payment_intent_unexpected_state' })
    expect(await given.processor.void(confirmed, call())).toEqual({
      outcome: 'undecided',
      reference: 'pi_1',
    })
  })

  test('that does not void one of two intents leaves the void undecided', async () => {
    given.stripe.failNextThoughDone(/POST .*payment_intents$/)
    await expect(given.processor.authorize(payment(), authorize())).rejects.toThrow()
    await given.processor.authorize(payment(), authorize())
    answerWith(/pi_1(\/cancel)?$/, { status: 'processing' })
    expect(await given.processor.void(payment(), call())).toMatchObject({ outcome: 'undecided' })
  })

  test('with a fee in another currency gives no fee of the payment', async () => {
    await given.processor.authorize(payment(), authorize())
    const transaction = { fee: 300, currency: 'eur', status: 'pending', available_on: 0 }
    answerWith(/capture$/, { latest_charge: { created: 0, balance_transaction: transaction } })
    expect(await given.processor.capture(confirmed, captureRequest())).toMatchObject({
      outcome: 'captured',
      capturedMinor: 9999,
      feeMinor: null,
    })
  })

  test('to a capture gives the received amount, not the requested amount', async () => {
    await given.processor.authorize(payment(), authorize())
    answerWith(/capture$/, { amount_received: 9000 })
    expect(await given.processor.capture(confirmed, captureRequest())).toMatchObject({
      capturedMinor: 9000,
    })
  })

  test.each([
    ['succeeded', 'refunded'],
    ['pending', 'undecided'],
    ['requires_action', 'undecided'],
    ['failed', 'declined'],
    ['canceled', 'declined'],
  ])('that reports a refund as %s means %s', async (status, outcome) => {
    await given.processor.authorize(payment(), authorize())
    await given.processor.capture(confirmed, captureRequest())
    answerWith(/POST .*refunds$/, { status })
    const asked = { ...call(), refundId: 'ref_1', amountMinor: 100, reason: null }
    expect(await given.processor.refund(confirmed, asked)).toMatchObject({ outcome })
  })
})

describe('an authorization at Stripe', () => {
  test('ends when Stripe says, in the answer and in a look-up', async () => {
    given.stripe.keepAuthorizationsUntil(Date.UTC(2030, 5, 20, 12) / 1000)
    const expiresAt = '2030-06-20T12:00:00Z'
    expect(await given.processor.authorize(payment(), authorize())).toMatchObject({ expiresAt })
    expect(await given.processor.lookUp(confirmed, call())).toMatchObject({ expiresAt })
  })

  test('ends seven days after the charge where Stripe does not say', async () => {
    await given.processor.authorize(payment(), authorize())
    const created = Date.UTC(2030, 5, 15, 12) / 1000
    for (const details of [undefined, null, { type: 'card' }, { card: { capture_before: null } }]) {
      answerWith(/GET .*pi_1$/, { latest_charge: { created, payment_method_details: details } })
      const expiresAt = '2030-06-22T12:00:00Z'
      expect(await given.processor.lookUp(confirmed, call())).toMatchObject({ expiresAt })
    }
  })

  test.each([[null], [undefined], ['ch_1']])(
    'has no confirmed end where the charge is %j',
    async (latest_charge) => {
      await given.processor.authorize(payment(), authorize())
      answerWith(/GET .*pi_1$/, { latest_charge })
      const found = await given.processor.lookUp(confirmed, call())
      expect(found).toMatchObject({ state: 'authorized', expiresAt: null })
    },
  )

  test.each([
    ['automatic', 'expired'],
    ['expired', 'expired'],
    ['requested_by_customer', 'canceled'],
    ['a_new_reason', 'canceled'],
    [null, 'canceled'],
  ])('that was canceled with the reason %s has ended because of: %s', async (reason, cause) => {
    await given.processor.authorize(payment(), authorize())
    given.stripe.cancelByHand('pay_1')
    answerWith(/GET .*pi_1$/, { cancellation_reason: reason })
    expect(await given.processor.lookUp(confirmed, call())).toMatchObject({
      state: 'voided',
      cause,
    })
  })

  test('is captured in part, in Stripe’s own units of the currency', async () => {
    const krona = payment({ money: { minor: 500, currency: 'ISK' } })
    await given.processor.authorize(krona, authorize())
    const captured = await given.processor.capture(krona, captureRequest({ amountMinor: 300 }))
    expect(captured).toMatchObject({ outcome: 'captured', capturedMinor: 300 })
    expect(given.stripe.movements.map(({ amount }) => amount)).toEqual([50_000, 30_000])
  })

  test('is not captured for an amount that Stripe cannot express', async () => {
    const dinar = payment({ money: { minor: 5_000, currency: 'KWD' } })
    await given.processor.authorize(dinar, authorize())
    const captured = await given.processor.capture(dinar, captureRequest({ amountMinor: 1_234 }))
    expect(captured).toMatchObject({
      outcome: 'declined',
      decline: { code: 'amount_unsupported' },
    })
    expect(given.kinds()).toEqual(['authorize'])
  })
})
