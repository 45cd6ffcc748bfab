import { beforeAll, describe, expect, test } from 'vitest'
import { type Api, createPayment } from '../../support/http/api.ts'
import { createPaid, eventTypes } from '../../support/payments/paid.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { until } from '../../support/until.ts'

const fixture = withMerchant()
let api: Api
let other: Api

beforeAll(() => {
  const [first, second] = fixture.apis
  api = first as Api
  other = second as Api
})

const refund = (id: string, body?: object, idempotencyKey?: string, by: Api = api) =>
  by('POST', `/v1/payments/${id}/refund`, {
    ...(body ? { body } : {}),
    ...(idempotencyKey ? { idempotencyKey } : {}),
  })

/** Waits until the processor has answered all refunds, and returns the payment. */
async function untilAnswered(id: string) {
  return await until('every refund is answered', async () => {
    const { body } = await api('GET', `/v1/payments/${id}`)
    return body.refunds.every((one: { status: string }) => one.status !== 'pending') && body
  })
}

async function sandboxRefunds(id: string): Promise<number[]> {
  const rows = await fixture.sql.query<{ amount: number }>(
    `select amount from sandbox_movements where payment_id = $1 and kind = 'refund'`,
    [id],
  )
  return rows.map(({ amount }) => amount)
}

describe('a refund', () => {
  test('without an amount refunds all that is left, and the processor pays it once', async () => {
    const { id } = await createPaid(api)
    const { status, body } = await refund(id)
    expect(status).toBe(200)
    expect(body).toMatchObject({
      id,
      status: 'refunded',
      refunded_amount: 9999,
      allowed_actions: [],
      refunds: [{ payment_id: id, amount: 9999, currency: 'USD', status: 'pending', reason: null }],
    })
    const after = await untilAnswered(id)
    expect(after).toMatchObject({ status: 'refunded', refunds: [{ status: 'succeeded' }] })
    expect(await sandboxRefunds(id)).toEqual([9999])
  })

  test('of a part leaves the rest refundable, and has its reason and metadata', async () => {
    const { id } = await createPaid(api)
    const first = await refund(id, { amount: 1000, reason: 'damaged', metadata: { order: '17' } })
    expect(first.body).toMatchObject({
      status: 'partially_refunded',
      refunded_amount: 1000,
      allowed_actions: ['refund', 'reverse'],
      refunds: [{ amount: 1000, reason: 'damaged', metadata: { order: '17' } }],
    })
    const second = await refund(id, { amount: 8998 })
    expect(second.body).toMatchObject({ status: 'partially_refunded', refunded_amount: 9998 })
    const third = await refund(id)
    expect(third.body).toMatchObject({ status: 'refunded', refunded_amount: 9999 })
    expect(third.body.refunds.map((one: { amount: number }) => one.amount)).toEqual([1000, 8998, 1])
    const list = await api('GET', '/v1/payments?limit=1')
    expect(list.body.data[0].refunds).toHaveLength(3)
    await untilAnswered(id)
    expect((await sandboxRefunds(id)).sort()).toEqual([1, 1000, 8998])
  })

  test('of more than is left is refused with the amount that is left, and the refusal is replayed', async () => {
    const { id } = await createPaid(api)
    await refund(id, { amount: 9000 })
    const { status, body, text } = await refund(id, { amount: 1000 }, `too-much-${id}`)
    expect(status).toBe(422)
    expect(body.error).toMatchObject({
      code: 'refund_amount_exceeded',
      details: {
        payment_id: id,
        amount: 9999,
        refunded_amount: 9000,
        refundable_amount: 999,
        requested_amount: 1000,
      },
    })
    const again = await refund(id, { amount: 1000 }, `too-much-${id}`, other)
    expect(again.text).toBe(text)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
  })

  describe('with an invalid amount', () => {
    let id: string

    beforeAll(async () => {
      id = (await createPaid(api)).id
    })

    test.each([
      [0, 422],
      [-1, 422],
      [100_000_000, 422],
      [1.5, 422],
      ['5', 400],
    ])('is refused: %j is answered %i', async (amount, expected) => {
      const { status, body } = await refund(id, { amount })
      expect(status).toBe(expected)
      expect(body.error.code).toBe(expected === 422 ? 'invalid_amount' : 'invalid_request')
      expect(body.error.details.field).toBe('amount')
    })
  })

  test('of a payment that has not succeeded is refused with its status', async () => {
    const { id } = await createPayment(api)
    const { status, body } = await refund(id)
    expect(status).toBe(412)
    expect(body.error).toMatchObject({
      code: 'payment_not_refundable',
      message: `Payment ${id} cannot be refunded. Current status: pending.`,
      details: {
        payment_id: id,
        current_status: 'pending',
        refundable_statuses: ['succeeded', 'partially_refunded'],
      },
    })
    await api('POST', `/v1/payments/${id}/cancel`)
    expect((await refund(id)).body.error.details.current_status).toBe('canceled')
    expect((await refund('pay_unknown')).status).toBe(404)
  })

  test('is made once for one idempotency key, and the answer is replayed byte for byte', async () => {
    const { id } = await createPaid(api)
    const key = `once-${id}`
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => refund(id, { amount: 100 }, key, n % 2 ? api : other)),
    )
    for (const answer of answers) {
      expect(answer.status).toBe(200)
      expect(answer.text).toBe(answers[0]?.text)
    }
    await untilAnswered(id)
    const late = await refund(id, { amount: 100 }, key)
    expect(late.text).toBe(answers[0]?.text)
    expect((await refund(id, { amount: 101 }, key)).body.error.code).toBe('idempotency_key_reused')
    expect(await sandboxRefunds(id)).toEqual([100])
  })

  test('that the processor refuses permanently fails, and its amount can be refunded again', async () => {
    const { id } = await createPaid(api, { token: 'tok_refundDeclined' })
    expect((await refund(id)).body.status).toBe('refunded')
    const after = await untilAnswered(id)
    expect(after).toMatchObject({
      status: 'succeeded',
      refunded_amount: 0,
      allowed_actions: ['refund', 'reverse'],
      refunds: [{ amount: 9999, status: 'failed', failure_code: 'refund_failed' }],
    })
    const again = await refund(id, { amount: 1 })
    expect(again.body).toMatchObject({ status: 'partially_refunded', refunded_amount: 1 })
    expect(again.body.refunds).toHaveLength(2)
    await untilAnswered(id)
    expect(await eventTypes(api, id)).toEqual([
      'payment.created',
      'payment.initiated',
      'payment.processing',
      'payment.succeeded',
      'payment.refunded',
      'payment.refund_failed',
      'payment.refunded',
      'payment.refund_failed',
    ])
  })

  test('that takes the processor a minute stays pending until the processor answers', async () => {
    const { id } = await createPaid(api, { token: 'tok_refundUndecided' })
    await refund(id, { amount: 500 })
    await until('the processor was told', async () => (await sandboxRefunds(id)).length > 0)
    expect((await api('GET', `/v1/payments/${id}`)).body.refunds[0].status).toBe('pending')
    await api('POST', '/v1/test/clock/advance', { body: { seconds: 400 } })
    expect(await untilAnswered(id)).toMatchObject({ refunds: [{ status: 'succeeded' }] })
    expect(await sandboxRefunds(id)).toEqual([500])
  })

  test('with exactly the amount that is left makes the payment refunded', async () => {
    const whole = await createPaid(api)
    expect((await refund(whole.id, { amount: 9999 })).body).toMatchObject({
      status: 'refunded',
      refunded_amount: 9999,
    })
    const { id } = await createPaid(api)
    expect((await refund(id, { amount: 4000 })).body.status).toBe('partially_refunded')
    expect((await refund(id, { amount: 6000 })).body.error.details.refundable_amount).toBe(5999)
    expect((await refund(id, { amount: 5999 })).body).toMatchObject({
      status: 'refunded',
      refunded_amount: 9999,
    })
    await untilAnswered(id)
    expect((await sandboxRefunds(id)).sort()).toEqual([4000, 5999])
  })

  test('has one event, which shows the payment and its refunds at that time', async () => {
    const { id } = await createPaid(api)
    await refund(id, { amount: 4000, reason: 'first' })
    await untilAnswered(id)
    await refund(id, { reason: 'second' })
    const last = await untilAnswered(id)
    const { body } = await api('GET', `/v1/payments/${id}/events`)
    const events = body.data.reverse().slice(4)
    expect(events.map((event: { type: string }) => event.type)).toEqual([
      'payment.refunded',
      'payment.refund_succeeded',
      'payment.refunded',
      'payment.refund_succeeded',
    ])
    expect(
      events.map((event: { data: { status: string; refunds: { status: string }[] } }) => [
        event.data.status,
        event.data.refunds.map((one) => one.status).join(' '),
      ]),
    ).toEqual([
      ['partially_refunded', 'pending'],
      ['partially_refunded', 'succeeded'],
      ['refunded', 'succeeded pending'],
      ['refunded', 'succeeded succeeded'],
    ])
    expect(events[0]).toMatchObject({
      actor: { type: 'api_key' },
      from_status: 'succeeded',
      to_status: 'partially_refunded',
      reason: 'first',
    })
    expect(events[1]).toMatchObject({ actor: { type: 'processor', id: 'sandbox' } })
    expect(events.at(-1).data).toEqual(last)
  })
})
