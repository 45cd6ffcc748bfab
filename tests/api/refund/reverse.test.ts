import { beforeAll, describe, expect, test } from 'vitest'
import { type Api, apiClient, createPayment } from '../../support/http/api.ts'
import { createPaid, eventTypes, untilStatus } from '../../support/payments/paid.ts'
import { movements } from '../../support/payments/sandbox.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'

const fixture = withMerchant()
let api: Api
let other: Api

beforeAll(() => {
  const [first, second] = fixture.apis
  api = first as Api
  other = second as Api
})

const reverse = (id: string, body: object = {}, idempotencyKey?: string, by: Api = api) =>
  by('POST', `/v1/payments/${id}/reverse`, { body, ...(idempotencyKey ? { idempotencyKey } : {}) })

const initiate = (id: string, token: string) =>
  api('POST', `/v1/payments/${id}/initiate`, { body: { payment_method_token: token } })

describe('a reversal', () => {
  test('of a pending payment cancels it', async () => {
    const { id } = await createPayment(api)
    const { status, body } = await reverse(id, { reason: 'changed their mind' })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      id,
      status: 'canceled',
      reversal: 'canceled',
      cancellation_reason: 'changed their mind',
    })
    expect(await eventTypes(api, id)).toEqual(['payment.created', 'payment.canceled'])
  })

  test('of an initiated payment cancels it, and the processor voids the authorization', async () => {
    const { id } = await createPayment(api, { cancel_window: 3600 })
    await initiate(id, 'tok_visa')
    expect((await reverse(id)).body).toMatchObject({ status: 'canceled', reversal: 'canceled' })
    await until('the processor has voided it', async () =>
      (await movements(fixture.sql, id)).includes('void'),
    )
    expect(await movements(fixture.sql, id)).toEqual(['authorize', 'void'])
  })

  test('of a succeeded payment refunds what is left', async () => {
    const { id } = await createPaid(api)
    await api('POST', `/v1/payments/${id}/refund`, { body: { amount: 999 } })
    const { status, body } = await reverse(id, { reason: 'recalled' })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      status: 'refunded',
      reversal: 'refunded',
      refunded_amount: 9999,
      refunds: [{ amount: 999 }, { amount: 9000, reason: 'recalled' }],
    })
  })

  // Both tests wait for a slow processor, so they run concurrently.
  test.concurrent('of a processing payment is recorded, and carried out once the processor has decided', async () => {
    const { id } = await createPayment(api)
    await initiate(id, 'tok_slow')
    await untilStatus(api, id, 'processing')
    const { status, body } = await reverse(id, { reason: 'too late to cancel' })
    expect(status).toBe(202)
    expect(body).toMatchObject({ status: 'processing', reversal: 'pending' })
    const twice = await reverse(id, { reason: 'again' }, undefined, other)
    expect(twice.status).toBe(202)
    const after = await untilStatus(api, id, 'refunded')
    expect(after.refunds).toMatchObject([{ amount: 9999, reason: 'too late to cancel' }])
    const types = await eventTypes(api, id)
    expect(types.slice(0, 6)).toEqual([
      'payment.created',
      'payment.initiated',
      'payment.processing',
      'payment.reversal_requested',
      'payment.succeeded',
      'payment.refunded',
    ])
    await until('the money is refunded', async () =>
      (await movements(fixture.sql, id)).includes('refund'),
    )
    expect(await movements(fixture.sql, id)).toEqual(['authorize', 'capture', 'refund'])
  })

  test.concurrent('is made once for one idempotency key, whatever the status of the payment is then', async () => {
    const { id } = await createPayment(api)
    await initiate(id, 'tok_slow')
    await untilStatus(api, id, 'processing')
    const first = await reverse(id, {}, `reverse-${id}`)
    await untilStatus(api, id, 'refunded')
    const again = await reverse(id, {}, `reverse-${id}`, other)
    expect(again.status).toBe(first.status)
    expect(again.text).toBe(first.text)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
  })

  test('of a payment that then fails changes nothing', async () => {
    const { id, merchant_id } = await createPayment(api, { cancel_window: 60 })
    await initiate(id, 'tok_captureDeclined')
    // The sandbox cannot decide until its books are unlocked.
    const books = await fixture.sql.connect()
    try {
      await books.query('begin')
      const name = `sandbox ${merchant_id} ${id}`
      await books.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [name])
      await api('POST', '/v1/test/clock/advance', { body: { seconds: 61 } })
      await untilStatus(api, id, 'processing')
      expect((await reverse(id)).status).toBe(202)
    } finally {
      await books.query('rollback')
      books.release()
    }
    expect(await untilStatus(api, id, 'failed')).toMatchObject({ refunds: [], fee: null })
    expect((await eventTypes(api, id)).slice(-2)).toEqual([
      'payment.reversal_requested',
      'payment.failed',
    ])
  })

  test.each(['canceled', 'refunded'])('of a %s payment is refused', async (status) => {
    const { id } = status === 'canceled' ? await createPayment(api) : await createPaid(api)
    expect((await reverse(id)).body.status).toBe(status)
    const again = await reverse(id)
    expect(again.status).toBe(412)
    expect(again.body.error).toMatchObject({
      code: 'payment_not_refundable',
      message: `Payment ${id} cannot be reversed. Current status: ${status}.`,
      details: { current_status: status },
    })
  })

  test('needs a key with the scopes for cancels and for refunds', async () => {
    const { id } = await createPayment(api)
    for (const scopes of [['payments:refund'], ['payments:cancel']]) {
      const key = await api('POST', '/v1/auth/api-keys', { body: { scopes } })
      const limited = apiClient(fixture.servers[0]?.url ?? '', key.body.secret_key)
      expect((await reverse(id, {}, undefined, limited)).status).toBe(403)
    }
    expect((await api('GET', `/v1/payments/${id}`)).body.status).toBe('pending')
  })

  test('that races with cancels, refunds and processing returns the money once', async () => {
    for (let round = 0; round < size({ quick: 3, all: 12 }); round++) {
      const { id } = await createPayment(api)
      await initiate(id, 'tok_visa')
      const cancel = (by: Api) => by('POST', `/v1/payments/${id}/cancel`)
      const answers = await Promise.all([
        reverse(id),
        cancel(other),
        reverse(id, {}, undefined, other),
        cancel(api),
      ])
      const done = answers.filter(({ status }) => status < 300)
      const statuses = done.map(({ body }) => body.reversal ?? 'canceled')
      const end = await until('the payment has ended', async () => {
        const { body } = await api('GET', `/v1/payments/${id}`)
        return /canceled|refunded/.test(body.status) && body
      })
      if (end.status === 'canceled') {
        // Exactly one request won, and all answers agree.
        expect(statuses).toEqual(['canceled'])
        expect(end.refunds).toEqual([])
      } else {
        expect(statuses).not.toContain('canceled')
        expect(statuses.filter((one) => one === 'refunded').length).toBeLessThanOrEqual(1)
        expect(end).toMatchObject({ refunded_amount: 9999, refunds: [{ amount: 9999 }] })
        expect(end.refunds).toHaveLength(1)
      }
    }
  })
})
