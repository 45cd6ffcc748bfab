import { describe, expect, test } from 'vitest'
import { createPayment } from '../../support/http/api.ts'
import { eventTypes, untilStatus } from '../../support/payments/paid.ts'
import { advance, attempts, movements } from '../../support/payments/sandbox.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { until } from '../../support/until.ts'

const fixture = withMerchant()
const day = 86_400

const createDebit = (token: string, more: object = {}) =>
  createPayment(fixture.api, {
    initiate: true,
    payment_method: 'ach',
    payment_method_token: token,
    ...more,
  })

describe('a bank debit in the sandbox', () => {
  test('is not sent before its undo window ends, so a cancel needs no void', async () => {
    const { id, status } = await createDebit('tok_ach', { cancel_window: 3_600 })
    expect(status).toBe('initiated')
    expect(await attempts(fixture.api, id)).toEqual(['authorize accepted'])
    expect((await fixture.api('POST', `/v1/payments/${id}/cancel`)).body.status).toBe('canceled')
    await advance(fixture.api, 3_700)
    expect(await movements(fixture.sql, id)).toEqual([])
  })

  test('is sent at the end of the window', async () => {
    const { id } = await createDebit('tok_ach', { cancel_window: 60 })
    await advance(fixture.api, 61)
    expect(await untilStatus(fixture.api, id, 'succeeded')).toMatchObject({
      captured_amount: 9_999,
    })
    expect(await movements(fixture.sql, id)).toEqual(['capture'])
  })

  test('takes four days by the test clock where its account says so', async () => {
    const { id } = await createDebit('011401533:1111222233333333')
    // The four days begin when the debit is sent, after the payment is processing.
    await until('the debit is sent', async () =>
      (await attempts(fixture.api, id)).includes('capture undecided'),
    )
    await advance(fixture.api, 3 * day)
    expect((await fixture.api('GET', `/v1/payments/${id}`)).body.status).toBe('processing')
    await advance(fixture.api, day + 60)
    await untilStatus(fixture.api, id, 'succeeded')
  })

  test.each([
    ['011401533:1111222233331111', 'insufficient_funds'],
    ['011401533:1111222233332222', 'account_closed'],
  ])('of %s fails while it is processing', async (account, code) => {
    const { id } = await createDebit(account)
    expect((await untilStatus(fixture.api, id, 'failed')).failure_code).toBe(code)
    expect(await eventTypes(fixture.api, id)).toEqual([
      'payment.created',
      'payment.initiated',
      'payment.processing',
      'payment.failed',
      'ach.returned',
    ])
  })

  test.each([
    ['a token that the sandbox does not have', 'tok_none', 'invalid_token'],
    ['a token that asks for 3-D Secure', 'tok_threeDSecureRequired', 'invalid_token'],
    ['a declined card', 'tok_chargeDeclined', 'card_declined'],
  ])('is declined at once with %s', async (_, token, code) => {
    expect(await createDebit(token)).toMatchObject({ status: 'failed', failure_code: code })
  })

  test('is declined at once in another currency than USD', async () => {
    const payment = await createDebit('tok_ach', { currency: 'EUR' })
    expect(payment.failure_code).toBe('payment_method_unsupported')
  })

  test.each(['tok_lostCaptureAnswer', 'tok_errorTwice'])(
    'is sent once with the fault of %s',
    async (token) => {
      const { id } = await createDebit(token)
      await untilStatus(fixture.api, id, 'succeeded')
      expect(await movements(fixture.sql, id)).toEqual(['capture'])
    },
  )

  test('plays a planned failure at its check', async () => {
    const body = { code: 'account_closed' }
    expect((await fixture.api('POST', '/v1/test/failures', { body })).status).toBe(201)
    const failed = await createDebit('tok_ach')
    expect(failed).toMatchObject({ status: 'failed', failure_code: 'account_closed' })
  })

  test('is returned a day after its success where its account says so', async () => {
    const { id } = await createDebit('011401533:1111222233334444')
    await untilStatus(fixture.api, id, 'succeeded')
    await advance(fixture.api, day + 60)
    const returned = await untilStatus(fixture.api, id, 'failed')
    expect(returned.failure_code).toBe('insufficient_funds')
    expect((await eventTypes(fixture.api, id)).slice(-2)).toEqual([
      'payment.returned',
      'ach.returned',
    ])
    const refused = await fixture.api('POST', `/v1/payments/${id}/refund`)
    expect(refused.body.error.code).toBe('payment_not_refundable')
  })

  test('has refunds that fail after three days where its account says so', async () => {
    const { id } = await createDebit('tok_achRefundReturned')
    await untilStatus(fixture.api, id, 'succeeded')
    await fixture.api('POST', `/v1/payments/${id}/refund`)
    await until('the refund was sent', async () =>
      (await attempts(fixture.api, id)).includes('refund undecided'),
    )
    const refund = async () => (await fixture.api('GET', `/v1/payments/${id}`)).body.refunds[0]
    expect((await refund()).status).toBe('pending')
    await advance(fixture.api, 3 * day + 60)
    await until('the refund has failed', async () => (await refund()).status === 'failed')
    const { body } = await fixture.api('GET', `/v1/payments/${id}`)
    expect(body).toMatchObject({ status: 'succeeded', refunded_amount: 0 })
  })
})
