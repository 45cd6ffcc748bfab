import { Stripe } from 'stripe'
import { describe, expect, test } from 'vitest'
import { StripeProcessor } from '../../../packages/server/src/processors/stripe/stripe.ts'
import { conformance } from '../conformance.ts'
import { debitConformance } from '../debit-conformance.ts'
import {
  authorize,
  call,
  captureRequest,
  now,
  payment,
  secretKey,
  webhookSecret,
  withStripe,
} from './with-stripe.ts'

const given = withStripe()

debitConformance('stripe', () => ({
  connect: () => given.processor,
  account: 'pm_usBankAccount_success',
  decide: (payment) => given.stripe.decideDebit(payment.id),
}))

conformance('stripe', () => ({
  connect: () =>
    new StripeProcessor({
      secretKey,
      publishableKey: null,
      webhookSecret,
      apiBase: given.stripe.url,
    }),
  tokens: {
    approved: 'pm_card_visa',
    declined: 'pm_card_chargeDeclinedLostCard',
    challenged: 'pm_card_threeDSecureRequired',
  },
  declineCode: 'lost_card',
  confirm: async (asked) => given.stripe.finishAction(asked.id, true),
  captureByHand: async (authorized) => given.stripe.captureByHand(authorized.id),
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
      signal: call().signal,
    }
  },
}))

const visa = {
  type: 'card',
  brand: 'visa',
  last4: '4242',
  exp_month: 8,
  exp_year: 2031,
  country: 'US',
  wallet: null,
  bank_name: null,
}

describe('authorize', () => {
  test('reserves the amount and takes nothing', async () => {
    const result = await given.processor.authorize(payment(), authorize())
    expect(result).toEqual({
      outcome: 'authorized',
      reference: 'pi_1',
      expiresAt: expect.any(String),
      method: visa,
    })
    expect(given.stripe.movements).toEqual([{ kind: 'authorize', intent: 'pi_1', amount: 9999 }])
  })

  test('authorizes once, also when repeated with the same or another key', async () => {
    await given.processor.authorize(payment(), authorize('pm_card_visa', { idempotencyKey: 'one' }))
    await given.processor.authorize(payment(), authorize('pm_card_visa', { idempotencyKey: 'one' }))
    const again = await given.processor.authorize(payment(), authorize())
    expect(again).toEqual({
      outcome: 'authorized',
      reference: 'pi_1',
      expiresAt: expect.any(String),
      method: visa,
    })
    expect(given.kinds()).toEqual(['authorize'])
  })

  test.each([
    ['pm_card_chargeDeclined', 'card_declined'],
    ['pm_card_chargeDeclinedInsufficientFunds', 'insufficient_funds'],
    ['pm_card_chargeDeclinedLostCard', 'lost_card'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card'],
    ['pm_nobody_knows', 'invalid_token'],
  ])('of %s is declined as %s, also when repeated', async (token, code) => {
    const request = authorize(token, { idempotencyKey: 'one' })
    const result = await given.processor.authorize(payment(), request)
    expect(result).toMatchObject({ outcome: 'declined', decline: { code } })
    expect(await given.processor.authorize(payment(), request)).toEqual(result)
    expect(given.kinds()).toEqual([])
  })

  test('with a legacy token creates a payment method first', async () => {
    const result = await given.processor.authorize(payment(), authorize('tok_visa'))
    expect(result.outcome).toBe('authorized')
  })

  test.each([
    [
      'an amount that Stripe never accepts',
      { money: { minor: 1, currency: 'USD' } },
      'amount_too_small',
    ],
    ['a descriptor that Stripe never accepts', { statementDescriptor: '12345' }, 'invalid_payment'],
  ])('of %s is declined, and its void succeeds', async (_name, more, code) => {
    const result = await given.processor.authorize(payment(more), authorize())
    expect(result).toMatchObject({ outcome: 'declined', decline: { code } })
    expect(await given.processor.void(payment(more), call())).toEqual({ outcome: 'voided' })
  })

  test('converts amounts to and from the minor unit that Stripe uses for a currency', async () => {
    const krona = payment({ money: { minor: 500, currency: 'ISK' } })
    const request = captureRequest({ amountMinor: 500 })
    await given.processor.authorize(krona, authorize())
    const captured = await given.processor.capture({ ...krona, reference: 'pi_1' }, request)
    expect(captured).toMatchObject({ outcome: 'captured', capturedMinor: 500 })
    const refund = { ...call(), refundId: 'ref_1', amountMinor: 200, reason: null }
    await given.processor.refund({ ...krona, reference: 'pi_1' }, refund)
    expect(given.stripe.movements.map(({ amount }) => amount)).toEqual([50_000, 50_000, 20_000])
    const found = await given.processor.lookUp({ ...krona, reference: 'pi_1' }, call())
    expect(found).toMatchObject({ capturedMinor: 500, refunds: [{ amountMinor: 200 }] })
  })

  test('of an amount that Stripe cannot represent is refused without a call', async () => {
    const exact = payment({ money: { minor: 5124, currency: 'KWD' } })
    const result = await given.processor.authorize(exact, authorize())
    expect(result).toMatchObject({ outcome: 'declined', decline: { code: 'amount_unsupported' } })
    expect(await given.processor.void(exact, call())).toEqual({ outcome: 'voided' })
    expect(given.kinds()).toEqual([])
  })

  test('names the wallet of the card, and the card of a declined payment', async () => {
    const authorized = await given.processor.authorize(payment(), authorize('pm_card_wallet'))
    expect(authorized).toMatchObject({ method: { ...visa, wallet: 'apple_pay' } })
    const other = payment({ id: 'pay_2' })
    const declined = { code: 'card_declined', method: { ...visa, last4: '0002' } }
    const result = await given.processor.authorize(other, authorize('pm_card_chargeDeclined'))
    expect(result).toMatchObject({ outcome: 'declined', decline: declined })
    const found = await given.processor.lookUp(other, call())
    expect(found).toMatchObject({ state: 'declined', decline: declined })
  })

  test('of another method than a card is refused without a call', async () => {
    const result = await given.processor.authorize(payment({ method: 'ach' }), authorize())
    expect(result).toMatchObject({ outcome: 'declined' })
    expect(given.stripe.requests).toEqual([])
  })

  test('requires 3-D Secure; the look-up returns the customer’s decision', async () => {
    const result = await given.processor.authorize(
      payment(),
      authorize('pm_card_threeDSecureRequired'),
    )
    expect(result).toMatchObject({
      outcome: 'action_required',
      action: { type: 'redirect_to_url', url: expect.stringContaining('https://') },
    })
    expect(await given.processor.lookUp(payment(), call())).toMatchObject({
      state: 'action_required',
    })
    given.stripe.finishAction('pay_1', true)
    expect(await given.processor.lookUp(payment(), call())).toMatchObject({ state: 'authorized' })
  })

  test('is declined after a failed 3-D Secure', async () => {
    await given.processor.authorize(payment(), authorize('pm_card_threeDSecureRequired'))
    given.stripe.finishAction('pay_1', false)
    expect(await given.processor.lookUp(payment(), call())).toMatchObject({
      state: 'declined',
      decline: { code: 'authentication_failed' },
    })
  })

  test('with a lost answer throws, and the look-up finds it without a reference', async () => {
    given.stripe.loseNextAnswer(/confirm$/)
    await expect(given.processor.authorize(payment(), authorize())).rejects.toThrow()
    expect(await given.processor.lookUp(payment(), call())).toEqual({
      state: 'authorized',
      reference: 'pi_1',
      expiresAt: expect.any(String),
      method: visa,
    })
  })

  test('that failed before the confirmation is absent in the look-up, and can be repeated', async () => {
    given.stripe.failNext(/confirm$/, 500, { type: 'api_error' })
    await expect(given.processor.authorize(payment(), authorize())).rejects.toThrow()
    expect(await given.processor.lookUp(payment(), call())).toEqual({ state: 'absent' })
    expect(await given.processor.authorize(payment(), authorize())).toMatchObject({
      reference: 'pi_1',
    })
    expect(given.kinds()).toEqual(['authorize'])
  })

  test('creates no second intent after a failure: each repetition uses the same key', async () => {
    const made = /POST .*payment_intents$/
    given.stripe.failNext(made, 500, { type: 'api_error' })
    await expect(given.processor.authorize(payment(), authorize())).rejects.toThrow()
    expect(new Set(given.stripe.keysTo(made))).toEqual(new Set(['pay_1-intent']))
    const results = await Promise.all(
      [1, 2, 3].map(() => given.processor.authorize(payment(), authorize())),
    )
    expect(new Set(results.map(({ reference }) => reference))).toEqual(new Set(['pi_1']))
    expect(given.kinds()).toEqual(['authorize'])
  })

  test('with a wrong API key throws and is not a decline', async () => {
    const stranger = new StripeProcessor({
      secretKey: 'sk_test_wrong',
      publishableKey: null,
      webhookSecret,
      apiBase: given.stripe.url,
    })
    await expect(stranger.authorize(payment(), authorize())).rejects.toThrow()
  })

  test('is not retried by the SDK', async () => {
    given.stripe.failNext(/payment_intents$/, 500, { type: 'api_error' })
    await expect(given.processor.authorize(payment(), authorize())).rejects.toThrow()
    expect(given.stripe.requests).toEqual(['POST /v1/payment_intents'])
  })

  test('ends when its signal is aborted', async () => {
    given.stripe.hangNext(/payment_intents$/)
    const controller = new AbortController()
    const running = given.processor.authorize(
      payment(),
      authorize('pm_card_visa', { signal: controller.signal }),
    )
    controller.abort(new Error('out of time'))
    await expect(running).rejects.toThrow()
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
    const headers = { 'stripe-signature': signature }
    return { headers, body: Buffer.from(payload), now, signal: call().signal }
  }

  test('with a valid signature names the payment to look up', async () => {
    expect(await given.processor.noticeFromWebhook(message())).toEqual({
      kind: 'look_up',
      paymentId: 'pay_1',
    })
  })

  test('about an unknown object is ignored', async () => {
    const foreign = JSON.stringify({ ...JSON.parse(body), data: { object: { id: 'pi_2' } } })
    expect(await given.processor.noticeFromWebhook(message({ body: foreign }))).toEqual({
      kind: 'ignored',
    })
  })

  test('is rejected if it is forged, changed, too old or unsigned', async () => {
    const changed = { ...message(), body: Buffer.from(body.replace('pay_1', 'pay_2')) }
    const rejected = [
      message({ secret: 'whsec_other' }),
      changed,
      message({ ageSeconds: 301 }),
      { ...message(), headers: {} },
    ]
    for (const one of rejected) {
      expect(await given.processor.noticeFromWebhook(one)).toMatchObject({ kind: 'rejected' })
    }
  })
})
