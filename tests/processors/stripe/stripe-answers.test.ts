import { describe, expect, test } from 'vitest'
import { authorize, call, payment, withStripe } from './with-stripe.ts'

const given = withStripe()

describe('an answer of Stripe', () => {
  /** Makes Stripe answer requests with other values. */
  function answerWith(path: RegExp, change: object) {
    given.stripe.garble({ path, how: (honest) => JSON.stringify({ ...honest, ...change }) })
  }

  const confirmed = payment({ reference: 'pi_1' })

  test.each(['processing', 'requires_a_new_thing'])(
    'with the status %s is undecided for each call',
    async (status) => {
      answerWith(/pi_1(\/confirm|\/capture)?$/, { status })
      const undecided = { outcome: 'undecided', reference: 'pi_1' }
      expect(await given.processor.authorize(payment(), authorize())).toEqual(undecided)
      expect(await given.processor.capture(confirmed, call())).toEqual(undecided)
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
    expect(again).toEqual({ outcome: 'authorized', reference: 'pi_1' })
    expect(given.kinds()).toEqual(['authorize', 'capture'])
  })

  test('to a cancel with another status than canceled leaves the void undecided', async () => {
    await given.processor.authorize(payment(), authorize())
    answerWith(/cancel$/, { status: 'processing' })
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
    answerWith(/pi_1\/cancel$/, { status: 'processing' })
    expect(await given.processor.void(payment(), call())).toMatchObject({ outcome: 'undecided' })
  })

  test('with a fee in another currency gives no fee of the payment', async () => {
    await given.processor.authorize(payment(), authorize())
    const transaction = { fee: 300, currency: 'eur', status: 'pending', available_on: 0 }
    answerWith(/capture$/, { latest_charge: { balance_transaction: transaction } })
    expect(await given.processor.capture(confirmed, call())).toMatchObject({
      outcome: 'captured',
      capturedMinor: 9999,
      feeMinor: null,
    })
  })

  test('to a capture gives the received amount, not the requested amount', async () => {
    await given.processor.authorize(payment(), authorize())
    answerWith(/capture$/, { amount_received: 9000 })
    expect(await given.processor.capture(confirmed, call())).toMatchObject({ capturedMinor: 9000 })
  })

  test.each([
    ['succeeded', 'refunded'],
    ['pending', 'undecided'],
    ['requires_action', 'undecided'],
    ['failed', 'declined'],
    ['canceled', 'declined'],
  ])('that reports a refund as %s means %s', async (status, outcome) => {
    await given.processor.authorize(payment(), authorize())
    await given.processor.capture(confirmed, call())
    answerWith(/POST .*refunds$/, { status })
    const asked = { ...call(), refundId: 'ref_1', amountMinor: 100, reason: null }
    expect(await given.processor.refund(confirmed, asked)).toMatchObject({ outcome })
  })
})
