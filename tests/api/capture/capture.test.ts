import { capturableStatuses, type PaymentStatus } from '@hedgepayments/contract'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Api, createPayment, paymentBody } from '../../support/http/api.ts'
import { createPaid, eventTypes, untilStatus } from '../../support/payments/paid.ts'
import { initiate, movements } from '../../support/payments/sandbox.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { capture, capturedAmounts, createAuthorized } from './authorized.ts'

const fixture = withMerchant()
const weekMs = 7 * 86_400_000
let api: Api

beforeAll(() => {
  api = fixture.api
})

describe('a payment with manual capture', () => {
  test('stays authorized, says until when, and can be captured or canceled', async () => {
    const payment = await createAuthorized(api)
    expect(payment).toMatchObject({
      capture_method: 'manual',
      captured_amount: 0,
      cancelable: true,
      allowed_actions: ['cancel', 'capture', 'reverse'],
    })
    const { authorization_expires_at: end, created_at: from, updated_at: to } = payment
    expect(payment.cancelable_until).toBe(end)
    expect(Date.parse(end)).toBeGreaterThanOrEqual(Date.parse(from) + weekMs - 1_000)
    expect(Date.parse(end)).toBeLessThanOrEqual(Date.parse(to) + weekMs)
    const [{ count }] = await fixture.sql.query(
      `select count(*)::int as count from payment_tasks
       where payment_id = $1 and kind in ('process', 'capture')`,
      [payment.id],
    )
    expect(count).toBe(0)
  })

  test('has no end before it is authorized, whatever its cancel window is', async () => {
    const made = await createPayment(api, { capture_method: 'manual', cancel_window: 60 })
    expect(made).toMatchObject({ cancelable_until: null, authorization_expires_at: null })
    const { body } = await api('POST', `/v1/payments/${made.id}/initiate`, {
      body: { payment_method_token: 'tok_visa' },
    })
    expect(body.cancelable_until).toBe(body.authorization_expires_at)
  })

  test('is captured by a request, and the money is taken once', async () => {
    const { id } = await createAuthorized(api)
    const answer = await capture(api, id)
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ id, status: 'processing', cancelable: false })
    expect(answer.headers.get('etag')).toBe('"3"')
    const paid = await untilStatus(api, id, 'succeeded')
    expect(paid).toMatchObject({ amount: 9999, captured_amount: 9999, refunded_amount: 0 })
    expect(await movements(fixture.sql, id)).toEqual(['authorize', 'capture'])
    expect(await eventTypes(api, id)).toEqual([
      'payment.created',
      'payment.initiated',
      'payment.processing',
      'payment.succeeded',
    ])
  })

  test('says in its events who captured it, with the payment as it was then', async () => {
    const { id, authorization_expires_at: end } = await createAuthorized(api)
    await capture(api, id, { amount: 100 })
    await untilStatus(api, id, 'succeeded')
    const { body } = await api('GET', `/v1/payments/${id}/events`)
    const [succeeded, processing] = body.data
    expect(processing.actor).toMatchObject({ type: 'api_key', id: expect.stringMatching(/^key_/) })
    expect(processing.data).toMatchObject({
      status: 'processing',
      captured_amount: 0,
      authorization_expires_at: end,
    })
    expect(succeeded.actor.type).toBe('processor')
    expect(succeeded.data).toMatchObject({ status: 'succeeded', captured_amount: 100 })
  })

  test('can be canceled, and is not captured then', async () => {
    const { id } = await createAuthorized(api)
    const canceled = await api('POST', `/v1/payments/${id}/cancel`)
    expect(canceled.body).toMatchObject({ status: 'canceled', captured_amount: 0 })
    expect((await capture(api, id)).body.error.code).toBe('payment_not_capturable')
    expect(await movements(fixture.sql, id)).not.toContain('capture')
  })
})

describe('a capture of a part', () => {
  test('takes that part and releases the rest', async () => {
    const { id } = await createAuthorized(api)
    const { body } = await capture(api, id, { amount: 4_000 })
    expect(body).toMatchObject({ amount: 9999, captured_amount: 0, status: 'processing' })
    const paid = await untilStatus(api, id, 'succeeded')
    expect(paid).toMatchObject({ amount: 9999, captured_amount: 4_000 })
    expect(await capturedAmounts(fixture.sql, id)).toEqual([4_000])
  })

  test.each([1, 9_998, 9_999])('may be %i of 9999', async (amount) => {
    const { id } = await createAuthorized(api)
    expect((await capture(api, id, { amount })).status).toBe(200)
    expect(await untilStatus(api, id, 'succeeded')).toMatchObject({ captured_amount: amount })
  })

  test.each([
    ['JPY', 1],
    ['KWD', 10],
    ['KWD', 4_990],
    ['HUF', 4_999],
  ])('counts minor units of %s: %i of 50000', async (currency, amount) => {
    const { id } = await createAuthorized(api, { currency, amount: 50_000 })
    expect((await capture(api, id, { amount: 50_001 })).body.error.code).toBe('invalid_amount')
    await capture(api, id, { amount })
    expect(await untilStatus(api, id, 'succeeded')).toMatchObject({
      currency,
      captured_amount: amount,
    })
  })

  test.each([
    [0, 422],
    [-1, 422],
    [10_000, 422],
    [100_000_000, 422],
    [1.5, 422],
    ['5', 400],
    [null, 400],
    [[5], 400],
  ])('of %j is answered %i, names the field, and changes nothing', async (amount, expected) => {
    const { id } = await createAuthorized(api)
    const { status, body } = await capture(api, id, { amount })
    expect(status).toBe(expected)
    expect(body.error.code).toBe(expected === 422 ? 'invalid_amount' : 'invalid_request')
    expect(body.error.details.field).toBe('amount')
    expect((await api('GET', `/v1/payments/${id}`)).body.status).toBe('initiated')
  })

  test('of too much says what came and how much it can be', async () => {
    const { id } = await createAuthorized(api, { amount: 5_000 })
    const { body } = await capture(api, id, { amount: 5_001 })
    expect(body.error.message).toBe(
      'Invalid amount: expected at most 5000, the amount of the payment.',
    )
    expect(body.error.details).toMatchObject({ field: 'amount', received: '5001' })
  })

  test('does not take a field that it does not know', async () => {
    const { id } = await createAuthorized(api)
    const { status, body } = await api('POST', `/v1/payments/${id}/capture`, {
      body: { ammount: 5 },
    })
    expect([status, body.error.details.field]).toEqual([400, 'ammount'])
  })
})

describe('a payment that is not authorized cannot be captured', () => {
  const made: [PaymentStatus, () => Promise<{ id: string }>][] = [
    ['pending', () => createPayment(api, { capture_method: 'manual' })],
    ['pending', () => createPayment(api)],
    [
      'canceled',
      async () => {
        const payment = await createAuthorized(api)
        await api('POST', `/v1/payments/${payment.id}/cancel`)
        return payment
      },
    ],
    [
      'failed',
      async () => (await initiate(api, 'tok_chargeDeclined', { capture_method: 'manual' })).body,
    ],
    ['succeeded', () => createPaid(api)],
    [
      'refunded',
      async () => {
        const payment = await createPaid(api)
        await api('POST', `/v1/payments/${payment.id}/refund`)
        return payment
      },
    ],
  ]
  test.each(made)('%s is what the refusal names', async (current_status, make) => {
    const { id } = await make()
    for (const amount of [undefined, 100, 99_999_999]) {
      const { status, body } = await capture(api, id, { amount })
      expect(status).toBe(412)
      expect(body.error).toEqual({
        code: 'payment_not_capturable',
        message: `Payment ${id} cannot be captured. Current status: ${current_status}.`,
        details: { payment_id: id, current_status, capturable_statuses: [...capturableStatuses] },
      })
    }
  })

  test('after its capture, whatever the amount of the second is', async () => {
    const { id } = await createAuthorized(api)
    await capture(api, id, { amount: 4_000 })
    await untilStatus(api, id, 'succeeded')
    for (const amount of [4_000, 5_999, undefined]) {
      const { status, body } = await capture(api, id, { amount })
      expect([status, body.error.code]).toEqual([412, 'payment_not_capturable'])
    }
    expect(await capturedAmounts(fixture.sql, id)).toEqual([4_000])
  })

  test.each(['pay_unknown', 'nonsense', 'ref_1'])('%s is not found', async (id) => {
    const { status, body } = await capture(api, id)
    expect([status, body.error.code]).toEqual([404, 'not_found'])
  })
})

describe('a capture ends an undo window early', () => {
  test('and takes the whole amount', async () => {
    const { body } = await initiate(api, 'tok_visa', { cancel_window: 86_400 })
    expect(body).toMatchObject({ capture_method: 'automatic', status: 'initiated' })
    expect(body.allowed_actions).toContain('capture')
    expect((await capture(api, body.id)).body.status).toBe('processing')
    await untilStatus(api, body.id, 'succeeded')
    expect(await capturedAmounts(fixture.sql, body.id)).toEqual([9999])
  })

  test('and takes a part', async () => {
    const { body } = await initiate(api, 'tok_visa', { cancel_window: 86_400 })
    await capture(api, body.id, { amount: 1_234 })
    expect(await untilStatus(api, body.id, 'succeeded')).toMatchObject({ captured_amount: 1_234 })
  })

  test('so that nothing is left to do when the window would have ended', async () => {
    const { body } = await initiate(api, 'tok_visa', { cancel_window: 86_400 })
    await capture(api, body.id)
    await untilStatus(api, body.id, 'succeeded')
    const tasks = await fixture.sql.query(
      `select kind from payment_tasks where payment_id = $1 and kind in ('process', 'watch')`,
      [body.id],
    )
    expect(tasks).toEqual([])
  })
})

test('a capture that the processor declines fails the payment', async () => {
  const { id } = await createAuthorized(api, { payment_method_token: 'tok_captureDeclined' })
  await capture(api, id, { amount: 100 })
  const failed = await untilStatus(api, id, 'failed')
  expect(failed).toMatchObject({ captured_amount: 0, failure_code: 'card_declined', fee: null })
})

test.each(['sometimes', '', null, 1])('capture_method %j is refused by a create', async (given) => {
  const { status, body } = await api('POST', '/v1/payments', {
    body: paymentBody({ capture_method: given }),
  })
  expect([status, body.error.details.field]).toEqual([400, 'capture_method'])
})
