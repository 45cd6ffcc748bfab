import { describe, expect, test } from 'vitest'
import { authorize, call, captureRequest, payment, withStripe } from './with-stripe.ts'

const given = withStripe()

describe('capture', () => {
  test('takes the amount once and returns the fee', async () => {
    await given.processor.authorize(payment(), authorize())
    const repeated = captureRequest()
    const result = await given.processor.capture(payment({ reference: 'pi_1' }), repeated)
    expect(result).toEqual({
      outcome: 'captured',
      reference: 'pi_1',
      capturedMinor: 9999,
      feeMinor: 320,
    })
    expect(await given.processor.capture(payment(), repeated)).toEqual(result)
    expect(await given.processor.capture(payment(), captureRequest())).toEqual(result)
    expect(given.kinds()).toEqual(['authorize', 'capture'])
  })

  test('of a voided authorization is declined', async () => {
    await given.processor.authorize(payment(), authorize())
    await given.processor.void(payment(), call())
    expect(await given.processor.capture(payment(), captureRequest())).toMatchObject({
      outcome: 'declined',
      decline: { code: 'canceled_at_processor' },
    })
  })

  test('of an authorization that was never confirmed is declined', async () => {
    given.stripe.cutNext(/confirm$/)
    await expect(given.processor.authorize(payment(), authorize())).rejects.toThrow()
    expect(await given.processor.capture(payment(), captureRequest())).toMatchObject({
      outcome: 'declined',
      decline: { code: 'authorization_expired' },
    })
    expect(given.kinds()).toEqual([])
  })

  test('with a lost answer is found by the look-up', async () => {
    await given.processor.authorize(payment(), authorize())
    given.stripe.loseNextAnswer(/capture$/)
    await expect(given.processor.capture(payment(), captureRequest())).rejects.toThrow()
    expect(await given.processor.lookUp(payment(), call())).toMatchObject({
      state: 'captured',
      capturedMinor: 9999,
      refunds: [],
      settledAt: null,
    })
  })

  test('is settled when Stripe reports the money as available', async () => {
    await given.processor.authorize(payment(), authorize())
    await given.processor.capture(payment(), captureRequest())
    given.stripe.settleAll()
    expect(await given.processor.lookUp(payment(), call())).toMatchObject({
      settledAt: '2024-06-17T00:00:00Z',
    })
  })
})

describe('a capture of a part', () => {
  /** Stripe's list of refunds, with other values of the release of the rest. */
  const showRelease = (change: object) =>
    given.stripe.garble({
      path: /GET .*refunds$/,
      how: (honest) => {
        const [release, ...others] = honest.data as object[]
        return JSON.stringify({ ...honest, data: [{ ...release, ...change }, ...others] })
      },
    })

  test.each([
    ['without a balance transaction', {}],
    ['with a reason of Stripe’s', { reason: 'partial_capture', balance_transaction: 'txn_3' }],
    ['by which more than the captured amount would be refunded', { balance_transaction: 'txn_3' }],
  ])('has no refund, though Stripe lists the release of the rest as one %s', async (_, change) => {
    await given.processor.authorize(payment(), authorize())
    await given.processor.capture(payment(), captureRequest({ amountMinor: 2_000 }))
    showRelease(change)
    given.stripe.refundByHand('pay_1', 300)
    expect(await given.processor.lookUp(payment(), call())).toMatchObject({
      capturedMinor: 2_000,
      refunds: [{ refundId: null, amountMinor: 300 }],
    })
  })

  test('has a refund of as much as the rest that a person has made', async () => {
    await given.processor.authorize(payment(), authorize())
    await given.processor.capture(payment(), captureRequest({ amountMinor: 9_000 }))
    given.stripe.refundByHand('pay_1', 999)
    expect(await given.processor.lookUp(payment(), call())).toMatchObject({
      refunds: [{ refundId: null, reference: 're_2', amountMinor: 999 }],
    })
  })
})

describe('void', () => {
  test('voids an authorization; repeating the void is safe', async () => {
    await given.processor.authorize(payment(), authorize())
    expect(await given.processor.void(payment(), call())).toEqual({ outcome: 'voided' })
    expect(await given.processor.void(payment(), call())).toEqual({ outcome: 'voided' })
    expect(given.kinds()).toEqual(['authorize', 'cancel'])
  })

  test('of a payment unknown to Stripe makes a late authorization decline', async () => {
    expect(await given.processor.void(payment(), call())).toEqual({ outcome: 'voided' })
    const late = await given.processor.authorize(payment(), authorize())
    expect(late).toMatchObject({ outcome: 'declined' })
    expect(given.kinds()).toEqual([])
  })

  test('voids every intent, also one that Stripe created but reported as failed', async () => {
    given.stripe.failNextThoughDone(/POST .*payment_intents$/)
    await expect(given.processor.authorize(payment(), authorize())).rejects.toThrow()
    const authorized = { outcome: 'authorized', reference: 'pi_2', expiresAt: expect.any(String) }
    expect(await given.processor.authorize(payment(), authorize())).toMatchObject(authorized)
    expect(await given.processor.lookUp(payment(), call())).toMatchObject({ state: 'authorized' })
    expect(await given.processor.void(payment(), call())).toEqual({ outcome: 'voided' })
    expect(given.kinds()).toEqual(['authorize', 'cancel'])
    for (const reference of ['pi_1', 'pi_2']) {
      const found = await given.processor.lookUp(payment({ reference }), call())
      expect(found).toMatchObject({ state: 'voided' })
    }
  })

  test('after a capture returns the captured amount and the fee', async () => {
    await given.processor.authorize(payment(), authorize())
    given.stripe.captureByHand('pay_1')
    expect(await given.processor.void(payment(), call())).toEqual({
      outcome: 'captured',
      capturedMinor: 9999,
      feeMinor: 320,
    })
  })
})

describe('refund', () => {
  const refund = (refundId: string, amountMinor: number) => ({
    ...call({ idempotencyKey: refundId }),
    refundId,
    amountMinor,
    reason: null,
  })

  async function capture(token = 'pm_card_visa') {
    await given.processor.authorize(payment(), authorize(token))
    await given.processor.capture(payment(), captureRequest())
  }

  test('refunds a part once per key; the look-up finds the refund by its Hedge id', async () => {
    await capture()
    const result = await given.processor.refund(payment(), refund('ref_1', 100))
    expect(result).toEqual({ outcome: 'refunded', reference: 're_1' })
    expect(await given.processor.refund(payment(), refund('ref_1', 100))).toEqual(result)
    expect(given.kinds()).toEqual(['authorize', 'capture', 'refund'])
    expect(await given.processor.lookUp(payment(), call())).toMatchObject({
      refunds: [{ refundId: 'ref_1', reference: 're_1', amountMinor: 100, status: 'succeeded' }],
    })
  })

  test('is of the intent with the money where Stripe has a second one that was canceled', async () => {
    given.stripe.failNextThoughDone(/POST .*payment_intents$/)
    await expect(given.processor.authorize(payment(), authorize())).rejects.toThrow()
    await given.processor.authorize(payment(), authorize())
    given.stripe.captureByHand('pay_1')
    // The void cancels the intent that was never confirmed, and finds the money of the other.
    const late = { outcome: 'captured', capturedMinor: 9999 }
    expect(await given.processor.void(payment(), call())).toMatchObject(late)
    expect(await given.processor.lookUp(payment(), call())).toMatchObject({
      state: 'captured',
      reference: 'pi_2',
    })
    const result = await given.processor.refund(payment(), refund('ref_1', 9999))
    expect(result).toMatchObject({ outcome: 'refunded' })
    expect(given.kinds()).toEqual(['authorize', 'capture', 'refund'])
  })

  test('that Stripe cannot pay out is declined', async () => {
    await capture('pm_card_refundFail')
    expect(await given.processor.refund(payment(), refund('ref_1', 100))).toMatchObject({
      outcome: 'declined',
      decline: { code: 'refund_failed' },
    })
  })

  test('that Stripe has accepted but not paid is undecided', async () => {
    await capture('pm_card_refundPending')
    expect(await given.processor.refund(payment(), refund('ref_1', 100))).toEqual({
      outcome: 'undecided',
      reference: 're_1',
    })
  })

  test('that Stripe rejects as malformed is retried, not declined', async () => {
    await capture()
    given.stripe.failNext(/POST .*refunds$/, 400, { code: 'parameter_unknown', param: 'reason' })
    await expect(given.processor.refund(payment(), refund('ref_1', 100))).rejects.toThrow()
    expect(await given.processor.refund(payment(), refund('ref_1', 100))).toEqual({
      outcome: 'refunded',
      reference: 're_1',
    })
  })

  test('of a payment that is refunded in full is declined', async () => {
    await capture()
    await given.processor.refund(payment(), refund('ref_1', 9999))
    expect(await given.processor.refund(payment(), refund('ref_2', 1))).toMatchObject({
      outcome: 'declined',
      decline: { code: 'refund_failed' },
    })
  })
})
