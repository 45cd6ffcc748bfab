import { beforeAll, describe, expect, test } from 'vitest'
import {
  HedgePayments,
  PaymentNotCancelableError,
  PaymentNotRefundableError,
  RefundAmountExceededError,
} from '../../../packages/node/src/index.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { until } from '../../support/until.ts'
import { rejection } from '../client/wire.ts'

const fixture = withMerchant()
let hedge: HedgePayments

beforeAll(() => {
  const { publishableKey, secretKey, url } = fixture.servers[0] ?? expect.fail('no server')
  hedge = new HedgePayments({ apiKey: publishableKey, apiSecret: secretKey, baseUrl: url })
})

const order = { amount: 9999, currency: 'usd', customer_email: 'customer@example.com' }

async function untilStatus(id: string, status: string) {
  return await until(`it is ${status}`, async () => {
    const payment = await hedge.payments.retrieve(id)
    return payment.status === status && payment
  })
}

async function paid(payment_method_token = 'tok_visa') {
  const { id } = await hedge.payments.create(order)
  await hedge.payments.initiate(id, { payment_method_token })
  return await untilStatus(id, 'succeeded')
}

// These tests wait for the processor, so they run concurrently.
describe.concurrent('refund', () => {
  test('refunds a part, then the rest, and then is refused', async () => {
    const { id } = await paid()
    const part = await hedge.payments.refund(id, {
      amount: 99,
      reason: 'late',
      metadata: { a: 'b' },
    })
    expect(part).toMatchObject({
      status: 'partially_refunded',
      refunded_amount: 99,
      refunds: [{ object: 'refund', amount: 99, reason: 'late', metadata: { a: 'b' } }],
    })
    const tooMuch = await rejection(hedge.payments.refund(id, { amount: 9999 }))
    expect(tooMuch).toBeInstanceOf(RefundAmountExceededError)
    expect(tooMuch).toMatchObject({ status: 422, details: { refundable_amount: 9900 } })

    expect(await hedge.payments.refund(id)).toMatchObject({ status: 'refunded' })
    const none = await rejection(hedge.payments.refund(id))
    expect(none).toBeInstanceOf(PaymentNotRefundableError)
    expect(none).toMatchObject({ status: 412, details: { current_status: 'refunded' } })
  })

  test('is executed once for one idempotency key', async () => {
    const { id } = await paid()
    const options = { idempotencyKey: `refund of ${id}` }
    const first = await hedge.payments.refund(id, { amount: 1 }, options)
    const again = await hedge.payments.refund(id, { amount: 1 }, options).withResponse()
    expect(again.data).toEqual(first)
    expect(again.response.headers.get('idempotent-replayed')).toBe('true')
    expect((await hedge.payments.retrieve(id)).refunded_amount).toBe(1)
  })
})

describe.concurrent('reverse', () => {
  test('cancels a pending payment, refunds a captured one, and reports which', async () => {
    const { id } = await hedge.payments.create(order)
    const canceled = await hedge.payments.reverse(id, { reason: 'recalled' })
    expect(canceled).toMatchObject({
      reversal: 'canceled',
      status: 'canceled',
      cancellation_reason: 'recalled',
    })
    const other = await paid()
    const refunded = await hedge.payments.reverse(other.id)
    expect(refunded).toMatchObject({ reversal: 'refunded', status: 'refunded' })
    const twice = await rejection(hedge.payments.reverse(other.id))
    expect(twice).toBeInstanceOf(PaymentNotRefundableError)
  })

  test('is pending while the network processes the payment, and then completes by itself', async () => {
    const { id } = await hedge.payments.create(order)
    await hedge.payments.initiate(id, { payment_method_token: 'tok_slow' })
    await untilStatus(id, 'processing')
    const { data, response } = await hedge.payments.reverse(id).withResponse()
    expect(response.status).toBe(202)
    expect(data).toMatchObject({ reversal: 'pending', status: 'processing' })
    expect(await untilStatus(id, 'refunded')).toMatchObject({ refunded_amount: 9999 })
  })
})

describe.concurrent('ensureCanceled', () => {
  test('is refused for a captured payment, and a refund succeeds', async () => {
    const { id } = await paid()
    const error = await rejection(hedge.payments.ensureCanceled(id))
    expect(error).toBeInstanceOf(PaymentNotCancelableError)
    expect(error).toMatchObject({ details: { current_status: 'succeeded' } })
    expect((await hedge.payments.refund(id)).status).toBe('refunded')
  })
})

describe('the balance', () => {
  test('grows by the amount of a payment, less the fee', async () => {
    const before = await paid()
    const of = async () => await hedge.merchants.balance(before.merchant_id)
    const pending = (await of()).pending[0]?.amount ?? 0
    const { net_amount, fee } = await paid()
    expect(fee).toBe(320)
    expect(await of()).toMatchObject({
      object: 'balance',
      livemode: false,
      pending: [{ amount: pending + (net_amount ?? 0), currency: 'USD' }],
    })
  })
})
