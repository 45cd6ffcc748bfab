import { Stripe } from 'stripe'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type {
  AuthorizeRequest,
  ProcessorPayment,
} from '../../../packages/server/src/processors/interface/processor.ts'
import { StripeProcessor } from '../../../packages/server/src/processors/stripe/stripe.ts'
import { paymentToken } from '../../support/payments/payment-token.ts'
import { conformance } from '../conformance.ts'
import { type StripeStandIn, startStripeStandIn } from './stand-in/stand-in.ts'

const secretKey = 'sk_test_stand_in'
const webhookSecret = 'whsec_stand_in'
const now = '2024-06-15T10:32:00Z'

let stripe: StripeStandIn
let processor: StripeProcessor
let keys = 0

beforeEach(async () => {
  stripe = await startStripeStandIn(secretKey)
  processor = new StripeProcessor({ secretKey, webhookSecret, apiBase: stripe.url })
})

afterEach(async () => {
  await stripe.stop()
})

function payment(more: Partial<ProcessorPayment> = {}): ProcessorPayment {
  return {
    id: 'pay_1',
    money: { minor: 9999, currency: 'USD' },
    method: 'card',
    customerEmail: 'customer@example.com',
    description: 'A book',
    statementDescriptor: null,
    returnUrl: 'http://127.0.0.1:4000/pay/pay_1',
    reference: null,
    ...more,
  }
}

function call(more: { idempotencyKey?: string; signal?: AbortSignal } = {}) {
  return { idempotencyKey: `key-${keys++}`, now, signal: AbortSignal.timeout(120_000), ...more }
}

function authorize(token = 'pm_card_visa', more: Partial<AuthorizeRequest> = {}): AuthorizeRequest {
  return { ...call(), token: paymentToken(token), ...more }
}

conformance('stripe', () => ({
  connect: () => new StripeProcessor({ secretKey, webhookSecret, apiBase: stripe.url }),
  tokens: {
    approved: 'pm_card_visa',
    declined: 'pm_card_chargeDeclinedLostCard',
    challenged: 'pm_card_threeDSecureRequired',
  },
  declineCode: 'lost_card',
  confirm: async (asked) => stripe.finishAction(asked.id, true),
  captureByHand: async (authorized) => stripe.captureByHand(authorized.id),
  message: (paymentId) => {
    const iso = '2030-06-15T10:32:00Z'
    const object = { id: 'pi_1', metadata: { hedge_payment_id: paymentId } }
    const payload = JSON.stringify({ id: 'evt_1', object: 'event', data: { object } })
    const timestamp = Date.parse(iso) / 1000
    const signature = Stripe.webhooks.generateTestHeaderString({
      payload,
      secret: webhookSecret,
      timestamp,
    })
    return {
      headers: { 'stripe-signature': signature },
      body: Buffer.from(payload),
      now: iso,
    }
  },
}))

const kinds = () => stripe.movements.map(({ kind }) => kind)

describe('authorize', () => {
  test('reserves the amount and takes nothing', async () => {
    const result = await processor.authorize(payment(), authorize())
    expect(result).toEqual({ outcome: 'authorized', reference: 'pi_1' })
    expect(stripe.movements).toEqual([{ kind: 'authorize', intent: 'pi_1', amount: 9999 }])
  })

  test('authorizes once, whatever is called how often and under which keys', async () => {
    await processor.authorize(payment(), authorize('pm_card_visa', { idempotencyKey: 'one' }))
    await processor.authorize(payment(), authorize('pm_card_visa', { idempotencyKey: 'one' }))
    const again = await processor.authorize(payment(), authorize())
    expect(again).toEqual({ outcome: 'authorized', reference: 'pi_1' })
    expect(kinds()).toEqual(['authorize'])
  })

  test.each([
    ['pm_card_chargeDeclined', 'card_declined'],
    ['pm_card_chargeDeclinedInsufficientFunds', 'insufficient_funds'],
    ['pm_card_chargeDeclinedLostCard', 'lost_card'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card'],
    ['pm_nobody_knows', 'invalid_token'],
  ])('of %s is declined as %s, and stays so when repeated', async (token, code) => {
    const request = authorize(token, { idempotencyKey: 'one' })
    const result = await processor.authorize(payment(), request)
    expect(result).toMatchObject({ outcome: 'declined', decline: { code } })
    expect(await processor.authorize(payment(), request)).toEqual(result)
    expect(kinds()).toEqual([])
  })

  test('of a token of the older kind makes a payment method of it first', async () => {
    const result = await processor.authorize(payment(), authorize('tok_visa'))
    expect(result.outcome).toBe('authorized')
  })

  test.each([
    ['an amount it never takes', { money: { minor: 1, currency: 'USD' } }, 'amount_too_small'],
    ['a descriptor it never takes', { statementDescriptor: '12345' }, 'invalid_payment'],
  ])('of %s is a decline, and its void is done', async (_name, more, code) => {
    const result = await processor.authorize(payment(more), authorize())
    expect(result).toMatchObject({ outcome: 'declined', decline: { code } })
    expect(await processor.void(payment(more), call())).toEqual({ outcome: 'voided' })
  })

  test('of a currency with units of its own at Stripe asks for, and reads, the same money', async () => {
    const krona = payment({ money: { minor: 500, currency: 'ISK' } })
    await processor.authorize(krona, authorize())
    const captured = await processor.capture({ ...krona, reference: 'pi_1' }, call())
    expect(captured).toMatchObject({ outcome: 'captured', capturedMinor: 500 })
    const refund = { ...call(), refundId: 'ref_1', amountMinor: 200, reason: null }
    await processor.refund({ ...krona, reference: 'pi_1' }, refund)
    expect(stripe.movements.map(({ amount }) => amount)).toEqual([50_000, 50_000, 20_000])
    const found = await processor.lookUp({ ...krona, reference: 'pi_1' }, call())
    expect(found).toMatchObject({ capturedMinor: 500, refunds: [{ amountMinor: 200 }] })
  })

  test('of an amount that Stripe cannot express asks for no other one', async () => {
    const exact = payment({ money: { minor: 5124, currency: 'KWD' } })
    const result = await processor.authorize(exact, authorize())
    expect(result).toMatchObject({ outcome: 'declined', decline: { code: 'amount_unsupported' } })
    expect(await processor.void(exact, call())).toEqual({ outcome: 'voided' })
    expect(kinds()).toEqual([])
  })

  test('of anything but a card asks Stripe for nothing', async () => {
    const result = await processor.authorize(payment({ method: 'ach' }), authorize())
    expect(result).toMatchObject({ outcome: 'declined' })
    expect(stripe.requests).toEqual([])
  })

  test('asks for 3-D Secure, and look-up tells what the customer made of it', async () => {
    const result = await processor.authorize(payment(), authorize('pm_card_threeDSecureRequired'))
    expect(result).toMatchObject({
      outcome: 'action_required',
      action: { type: 'redirect_to_url', url: expect.stringContaining('https://') },
    })
    expect(await processor.lookUp(payment(), call())).toMatchObject({ state: 'action_required' })
    stripe.finishAction('pay_1', true)
    expect(await processor.lookUp(payment(), call())).toMatchObject({ state: 'authorized' })
  })

  test('of a 3-D Secure that failed is declined', async () => {
    await processor.authorize(payment(), authorize('pm_card_threeDSecureRequired'))
    stripe.finishAction('pay_1', false)
    expect(await processor.lookUp(payment(), call())).toMatchObject({
      state: 'declined',
      decline: { code: 'authentication_failed' },
    })
  })

  test('whose answer is lost throws, and look-up finds it without a reference', async () => {
    stripe.loseNextAnswer(/confirm$/)
    await expect(processor.authorize(payment(), authorize())).rejects.toThrow()
    expect(await processor.lookUp(payment(), call())).toEqual({
      state: 'authorized',
      reference: 'pi_1',
    })
  })

  test('that was cut off before it asked for anything is absent, and can be made again', async () => {
    stripe.failNext(/confirm$/, 500, { type: 'api_error' })
    await expect(processor.authorize(payment(), authorize())).rejects.toThrow()
    expect(await processor.lookUp(payment(), call())).toEqual({ state: 'absent' })
    expect(await processor.authorize(payment(), authorize())).toMatchObject({ reference: 'pi_1' })
    expect(kinds()).toEqual(['authorize'])
  })

  test('makes no second intent where it is not certain that Stripe repeats the failure', async () => {
    const made = /POST .*payment_intents$/
    stripe.failNext(made, 500, { type: 'api_error' })
    await expect(processor.authorize(payment(), authorize())).rejects.toThrow()
    expect(new Set(stripe.keysTo(made))).toEqual(new Set(['pay_1-intent']))
    const results = await Promise.all(
      [1, 2, 3].map(() => processor.authorize(payment(), authorize())),
    )
    expect(new Set(results.map(({ reference }) => reference))).toEqual(new Set(['pi_1']))
    expect(kinds()).toEqual(['authorize'])
  })

  test('with a wrong key throws: that is nobody’s decline', async () => {
    const stranger = new StripeProcessor({
      secretKey: 'sk_test_wrong',
      webhookSecret,
      apiBase: stripe.url,
    })
    await expect(stranger.authorize(payment(), authorize())).rejects.toThrow()
  })

  test('is not retried by the SDK', async () => {
    stripe.failNext(/payment_intents$/, 500, { type: 'api_error' })
    await expect(processor.authorize(payment(), authorize())).rejects.toThrow()
    expect(stripe.requests).toEqual(['POST /v1/payment_intents'])
  })

  test('ends when its signal fires', async () => {
    stripe.hangNext(/payment_intents$/)
    const controller = new AbortController()
    const running = processor.authorize(
      payment(),
      authorize('pm_card_visa', { signal: controller.signal }),
    )
    controller.abort(new Error('out of time'))
    await expect(running).rejects.toThrow()
  })
})

describe('capture', () => {
  test('takes the amount once, and tells the fee', async () => {
    await processor.authorize(payment(), authorize())
    const repeated = call()
    const result = await processor.capture(payment({ reference: 'pi_1' }), repeated)
    expect(result).toEqual({
      outcome: 'captured',
      reference: 'pi_1',
      capturedMinor: 9999,
      feeMinor: 320,
    })
    expect(await processor.capture(payment(), repeated)).toEqual(result)
    expect(await processor.capture(payment(), call())).toEqual(result)
    expect(kinds()).toEqual(['authorize', 'capture'])
  })

  test('of an authorization that was voided is declined', async () => {
    await processor.authorize(payment(), authorize())
    await processor.void(payment(), call())
    expect(await processor.capture(payment(), call())).toMatchObject({
      outcome: 'declined',
      decline: { code: 'authorization_expired' },
    })
  })

  test('of what was never confirmed is declined: no money will come', async () => {
    stripe.cutNext(/confirm$/)
    await expect(processor.authorize(payment(), authorize())).rejects.toThrow()
    expect(await processor.capture(payment(), call())).toMatchObject({
      outcome: 'declined',
      decline: { code: 'authorization_expired' },
    })
    expect(kinds()).toEqual([])
  })

  test('whose answer is lost is found by look-up', async () => {
    await processor.authorize(payment(), authorize())
    stripe.loseNextAnswer(/capture$/)
    await expect(processor.capture(payment(), call())).rejects.toThrow()
    expect(await processor.lookUp(payment(), call())).toMatchObject({
      state: 'captured',
      capturedMinor: 9999,
      refunds: [],
      settledAt: null,
    })
  })

  test('is settled when Stripe says that the money is available', async () => {
    await processor.authorize(payment(), authorize())
    await processor.capture(payment(), call())
    stripe.settleAll()
    expect(await processor.lookUp(payment(), call())).toMatchObject({
      settledAt: '2024-06-17T00:00:00Z',
    })
  })
})

describe('void', () => {
  test('gives an authorization up, as often as it is asked', async () => {
    await processor.authorize(payment(), authorize())
    expect(await processor.void(payment(), call())).toEqual({ outcome: 'voided' })
    expect(await processor.void(payment(), call())).toEqual({ outcome: 'voided' })
    expect(kinds()).toEqual(['authorize', 'cancel'])
  })

  test('of a payment that Stripe does not know keeps a late authorize out', async () => {
    expect(await processor.void(payment(), call())).toEqual({ outcome: 'voided' })
    const late = await processor.authorize(payment(), authorize())
    expect(late).toMatchObject({ outcome: 'declined' })
    expect(kinds()).toEqual([])
  })

  test('leaves no intent open, also not one that Stripe said it had failed to make', async () => {
    stripe.failNextThoughDone(/POST .*payment_intents$/)
    await expect(processor.authorize(payment(), authorize())).rejects.toThrow()
    const authorized = { outcome: 'authorized', reference: 'pi_2' }
    expect(await processor.authorize(payment(), authorize())).toEqual(authorized)
    expect(await processor.lookUp(payment(), call())).toMatchObject({ state: 'authorized' })
    expect(await processor.void(payment(), call())).toEqual({ outcome: 'voided' })
    expect(kinds()).toEqual(['authorize', 'cancel'])
    for (const reference of ['pi_1', 'pi_2']) {
      const found = await processor.lookUp(payment({ reference }), call())
      expect(found).toMatchObject({ state: 'voided' })
    }
  })

  test('that comes too late tells what was captured', async () => {
    await processor.authorize(payment(), authorize())
    stripe.captureByHand('pay_1')
    expect(await processor.void(payment(), call())).toEqual({
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
    await processor.authorize(payment(), authorize(token))
    await processor.capture(payment(), call())
  }

  test('gives back a part, once per key, and look-up knows it by our id', async () => {
    await capture()
    const result = await processor.refund(payment(), refund('ref_1', 100))
    expect(result).toEqual({ outcome: 'refunded', reference: 're_1' })
    expect(await processor.refund(payment(), refund('ref_1', 100))).toEqual(result)
    expect(kinds()).toEqual(['authorize', 'capture', 'refund'])
    expect(await processor.lookUp(payment(), call())).toMatchObject({
      refunds: [{ refundId: 'ref_1', reference: 're_1', amountMinor: 100, status: 'succeeded' }],
    })
  })

  test('that Stripe cannot pay out is declined', async () => {
    await capture('pm_card_refundFail')
    expect(await processor.refund(payment(), refund('ref_1', 100))).toMatchObject({
      outcome: 'declined',
      decline: { code: 'refund_failed' },
    })
  })

  test('that Stripe has taken and not paid yet is undecided', async () => {
    await capture('pm_card_refundPending')
    expect(await processor.refund(payment(), refund('ref_1', 100))).toEqual({
      outcome: 'undecided',
      reference: 're_1',
    })
  })

  test('that Stripe does not understand is no decline: it is sent again', async () => {
    await capture()
    stripe.failNext(/POST .*refunds$/, 400, { code: 'parameter_unknown', param: 'reason' })
    await expect(processor.refund(payment(), refund('ref_1', 100))).rejects.toThrow()
    expect(await processor.refund(payment(), refund('ref_1', 100))).toEqual({
      outcome: 'refunded',
      reference: 're_1',
    })
  })

  test('of what was refunded by hand is declined, for good', async () => {
    await capture()
    await processor.refund(payment(), refund('ref_1', 9999))
    expect(await processor.refund(payment(), refund('ref_2', 1))).toMatchObject({
      outcome: 'declined',
      decline: { code: 'refund_failed' },
    })
  })
})

describe('an answer of Stripe’s', () => {
  /** Has Stripe answer requests about the intent with other values. */
  function answerWith(path: RegExp, change: object) {
    stripe.garble({ path, how: (honest) => JSON.stringify({ ...honest, ...change }) })
  }

  const known = payment({ reference: 'pi_1' })

  test.each(['processing', 'requires_a_new_thing'])(
    'that says %s decides nothing, whatever was asked',
    async (status) => {
      answerWith(/pi_1(\/confirm|\/capture)?$/, { status })
      const undecided = { outcome: 'undecided', reference: 'pi_1' }
      expect(await processor.authorize(payment(), authorize())).toEqual(undecided)
      expect(await processor.capture(known, call())).toEqual(undecided)
      expect(await processor.lookUp(known, call())).toEqual({
        state: 'undecided',
        reference: 'pi_1',
      })
    },
  )

  test('to a confirmation of what was captured by hand says that it was authorized', async () => {
    await processor.authorize(payment(), authorize())
    stripe.captureByHand('pay_1')
    const again = await processor.authorize(known, authorize())
    expect(again).toEqual({ outcome: 'authorized', reference: 'pi_1' })
    expect(kinds()).toEqual(['authorize', 'capture'])
  })

  test('to a cancel that does not cancel is no void', async () => {
    await processor.authorize(payment(), authorize())
    answerWith(/cancel$/, { status: 'processing' })
    expect(await processor.void(known, call())).toEqual({
      outcome: 'undecided',
      reference: 'pi_1',
    })
  })

  test('that a cancel comes at the wrong time is no void of what is still open', async () => {
    await processor.authorize(payment(), authorize())
    stripe.failNext(/cancel$/, 400, { code: 'payment_intent_unexpected_state' })
    expect(await processor.void(known, call())).toEqual({
      outcome: 'undecided',
      reference: 'pi_1',
    })
  })

  test('about one of two intents that is no void is the answer to the void', async () => {
    stripe.failNextThoughDone(/POST .*payment_intents$/)
    await expect(processor.authorize(payment(), authorize())).rejects.toThrow()
    await processor.authorize(payment(), authorize())
    answerWith(/pi_1\/cancel$/, { status: 'processing' })
    expect(await processor.void(payment(), call())).toMatchObject({ outcome: 'undecided' })
  })

  test('with a fee in another currency tells no fee of the payment', async () => {
    await processor.authorize(payment(), authorize())
    const transaction = { fee: 300, currency: 'eur', status: 'pending', available_on: 0 }
    answerWith(/capture$/, { latest_charge: { balance_transaction: transaction } })
    expect(await processor.capture(known, call())).toMatchObject({
      outcome: 'captured',
      capturedMinor: 9999,
      feeMinor: null,
    })
  })

  test('tells what was received, and not what was asked for', async () => {
    await processor.authorize(payment(), authorize())
    answerWith(/capture$/, { amount_received: 9000 })
    expect(await processor.capture(known, call())).toMatchObject({ capturedMinor: 9000 })
  })

  test.each([
    ['succeeded', 'refunded'],
    ['pending', 'undecided'],
    ['requires_action', 'undecided'],
    ['failed', 'declined'],
    ['canceled', 'declined'],
  ])('that a refund is %s means that it is %s', async (status, outcome) => {
    await processor.authorize(payment(), authorize())
    await processor.capture(known, call())
    answerWith(/POST .*refunds$/, { status })
    const asked = { ...call(), refundId: 'ref_1', amountMinor: 100, reason: null }
    expect(await processor.refund(known, asked)).toMatchObject({ outcome })
  })
})

describe('a webhook', () => {
  const body = JSON.stringify({
    id: 'evt_1',
    object: 'event',
    type: 'payment_intent.succeeded',
    data: { object: { id: 'pi_1', metadata: { hedge_payment_id: 'pay_1' } } },
  })

  function message(given: { body?: string; secret?: string; ageSeconds?: number } = {}) {
    const payload = given.body ?? body
    const signature = Stripe.webhooks.generateTestHeaderString({
      payload,
      secret: given.secret ?? webhookSecret,
      timestamp: Date.parse(now) / 1000 - (given.ageSeconds ?? 0),
    })
    return { headers: { 'stripe-signature': signature }, body: Buffer.from(payload), now }
  }

  test('that is genuine says which payment to look up', async () => {
    expect(await processor.noticeFromWebhook(message())).toEqual({
      kind: 'look_up',
      paymentId: 'pay_1',
    })
  })

  test('about nothing of ours is ignored', async () => {
    const foreign = JSON.stringify({ ...JSON.parse(body), data: { object: { id: 'pi_2' } } })
    expect(await processor.noticeFromWebhook(message({ body: foreign }))).toEqual({
      kind: 'ignored',
    })
  })

  test('is rejected when forged, changed, too old or not signed', async () => {
    const changed = { ...message(), body: Buffer.from(body.replace('pay_1', 'pay_2')) }
    const rejected = [
      message({ secret: 'whsec_other' }),
      changed,
      message({ ageSeconds: 301 }),
      { ...message(), headers: {} },
    ]
    for (const one of rejected) {
      expect(await processor.noticeFromWebhook(one)).toMatchObject({ kind: 'rejected' })
    }
  })
})
