import { describe, expect, test } from 'vitest'
import { authorize, call, captureRequest, payment, withStripe } from './with-stripe.ts'

const given = withStripe()

describe('an answer of Stripe’s', () => {
  /** Has Stripe answer requests about the intent with other values. */
  function answerWith(path: RegExp, change: object) {
    given.stripe.garble({ path, how: (honest) => JSON.stringify({ ...honest, ...change }) })
  }

  const known = payment({ reference: 'pi_1' })

  test.each(['processing', 'requires_a_new_thing'])(
    'that says %s decides nothing, whatever was asked',
    async (status) => {
      answerWith(/pi_1(\/confirm|\/capture)?$/, { status })
      const undecided = { outcome: 'undecided', reference: 'pi_1' }
      expect(await given.processor.authorize(payment(), authorize())).toEqual(undecided)
      expect(await given.processor.capture(known, captureRequest())).toEqual(undecided)
      expect(await given.processor.lookUp(known, call())).toEqual({
        state: 'undecided',
        reference: 'pi_1',
      })
    },
  )

  test('to a confirmation of what was captured by hand says that it was authorized', async () => {
    await given.processor.authorize(payment(), authorize())
    given.stripe.captureByHand('pay_1')
    const again = await given.processor.authorize(known, authorize())
    expect(again).toEqual({ outcome: 'authorized', reference: 'pi_1', expiresAt: null })
    expect(given.kinds()).toEqual(['authorize', 'capture'])
  })

  test('to a cancel that does not cancel is no void', async () => {
    await given.processor.authorize(payment(), authorize())
    answerWith(/cancel$/, { status: 'processing' })
    expect(await given.processor.void(known, call())).toEqual({
      outcome: 'undecided',
      reference: 'pi_1',
    })
  })

  test('that a cancel comes at the wrong time is no void of what is still open', async () => {
    await given.processor.authorize(payment(), authorize())
    given.stripe.failNext(/cancel$/, 400, { code: 'payment_intent_unexpected_state' })
    expect(await given.processor.void(known, call())).toEqual({
      outcome: 'undecided',
      reference: 'pi_1',
    })
  })

  test('about one of two intents that is no void is the answer to the void', async () => {
    given.stripe.failNextThoughDone(/POST .*payment_intents$/)
    await expect(given.processor.authorize(payment(), authorize())).rejects.toThrow()
    await given.processor.authorize(payment(), authorize())
    answerWith(/pi_1\/cancel$/, { status: 'processing' })
    expect(await given.processor.void(payment(), call())).toMatchObject({ outcome: 'undecided' })
  })

  test('with a fee in another currency tells no fee of the payment', async () => {
    await given.processor.authorize(payment(), authorize())
    const transaction = { fee: 300, currency: 'eur', status: 'pending', available_on: 0 }
    answerWith(/capture$/, { latest_charge: { created: 0, balance_transaction: transaction } })
    expect(await given.processor.capture(known, captureRequest())).toMatchObject({
      outcome: 'captured',
      capturedMinor: 9999,
      feeMinor: null,
    })
  })

  test('tells what was received, and not what was asked for', async () => {
    await given.processor.authorize(payment(), authorize())
    answerWith(/capture$/, { amount_received: 9000 })
    expect(await given.processor.capture(known, captureRequest())).toMatchObject({
      capturedMinor: 9000,
    })
  })

  test.each([
    ['succeeded', 'refunded'],
    ['pending', 'undecided'],
    ['requires_action', 'undecided'],
    ['failed', 'declined'],
    ['canceled', 'declined'],
  ])('that a refund is %s means that it is %s', async (status, outcome) => {
    await given.processor.authorize(payment(), authorize())
    await given.processor.capture(known, captureRequest())
    answerWith(/POST .*refunds$/, { status })
    const asked = { ...call(), refundId: 'ref_1', amountMinor: 100, reason: null }
    expect(await given.processor.refund(known, asked)).toMatchObject({ outcome })
  })
})
