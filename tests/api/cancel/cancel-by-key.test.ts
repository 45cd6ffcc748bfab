import { describe, expect, test } from 'vitest'
import { type Api, paymentBody } from '../../support/http/api.ts'
import { advance } from '../../support/payments/sandbox.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { createMerchant } from '../../support/servers/servers.ts'
import { size } from '../../support/size.ts'

const fixture = withMerchant()
let keys = 0
const newKey = () => `create ${++keys}`

const create = (key: string, api: Api = fixture.api, more: object = {}) =>
  api('POST', '/v1/payments', {
    body: paymentBody({ customer_id: key, ...more }),
    idempotencyKey: key,
  })
const cancelByKey = (key: string, api: Api = fixture.api, more: object = {}) =>
  api('POST', '/v1/payments/cancel', { body: { idempotency_key: key, ...more } })

async function paymentsOf(key: string) {
  const { body } = await fixture.api('GET', `/v1/payments?customer_id=${encodeURIComponent(key)}`)
  return body.data
}

async function eventsOf(id: string): Promise<string[]> {
  const { body } = await fixture.api('GET', `/v1/payments/${id}/events`)
  return body.data.map(
    (event: { type: string; sequence: number }) => `${event.sequence} ${event.type}`,
  )
}

describe('a cancel by the key of a create', () => {
  test('cancels the payment if the create came first', async () => {
    const key = newKey()
    const { body: payment } = await create(key)
    const { status, body } = await cancelByKey(key, fixture.apis[1], { reason: 'lost' })
    expect(status).toBe(200)
    expect(body).toMatchObject({ id: payment.id, status: 'canceled', cancellation_reason: 'lost' })
    const again = await cancelByKey(key)
    expect([again.status, again.body.error.code]).toEqual([412, 'payment_not_cancelable'])
    expect((await create(key)).body, 'the create is replayed unchanged').toEqual(payment)
  })

  test('is awaited if the create has not come yet, and the create then makes a canceled payment', async () => {
    const key = newKey()
    const promised = await cancelByKey(key, fixture.api, { reason: 'changed my mind' })
    expect(promised.status).toBe(202)
    expect(promised.body).toMatchObject({ object: 'pending_cancellation', idempotency_key: key })
    expect((await cancelByKey(key, fixture.apis[1])).body, 'twice is once').toEqual(promised.body)

    const created = await create(key, fixture.apis[1])
    expect(created.status).toBe(201)
    expect(created.body).toMatchObject({
      status: 'canceled',
      cancellation_reason: 'changed my mind',
      cancelable: false,
      canceled_at: created.body.created_at,
      updated_at: created.body.created_at,
    })
    const { id } = created.body
    expect((await fixture.api('GET', `/v1/payments/${id}`)).body).toEqual(created.body)
    expect(await eventsOf(id)).toEqual(['2 payment.canceled', '1 payment.created'])
    const again = await create(key)
    expect(again.text).toBe(created.text)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    const other = await create(key, fixture.api, { amount: 1 })
    expect(other.body.error.code).toBe('idempotency_key_reused')
    expect((await cancelByKey(key)).status).toBe(412)
  })

  test('of concurrent creates with different bodies after an awaited cancel, exactly one creates a payment', async () => {
    const key = newKey()
    await cancelByKey(key)
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => create(key, fixture.apis[i % 2], { amount: 100 + i })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(409)])
    expect(await paymentsOf(key)).toHaveLength(1)
  })

  test('a create and a concurrent cancel by its key leave one canceled payment, and consistent answers', async () => {
    const rounds = Array.from({ length: size({ quick: 20, all: 60 }) }, newKey)
    await Promise.all(
      rounds.map(async (key, i) => {
        const [one, other] = [fixture.apis[i % 2] as Api, fixture.apis[(i + 1) % 2] as Api]
        const [created, canceled] = await Promise.all(
          i % 3
            ? [create(key, one), cancelByKey(key, other)]
            : [create(key, one), cancelByKey(key, one)],
        )
        expect(created.status).toBe(201)
        const [payment, ...more] = await paymentsOf(key)
        expect(more).toEqual([])
        expect(payment).toMatchObject({ id: created.body.id, status: 'canceled' })
        if (canceled.status === 202) expect(created.body.status).toBe('canceled')
        else expect([canceled.status, canceled.body.id]).toEqual([200, payment.id])
        if (created.body.status === 'pending') expect(canceled.status).toBe(200)
        expect(await eventsOf(payment.id)).toEqual(['2 payment.canceled', '1 payment.created'])
      }),
    )
  })

  test('the key of another operation or of another merchant cancels nothing', async () => {
    const { body: payment } = await create(newKey())
    await fixture.api('POST', `/v1/payments/${payment.id}/cancel`, {
      idempotencyKey: 'of a cancel',
    })
    expect((await cancelByKey('of a cancel')).status).toBe(404)

    const key = newKey()
    const { body: kept } = await create(key)
    const other = await createMerchant(fixture)
    expect((await cancelByKey(key, other.test)).status).toBe(202)
    expect((await fixture.api('GET', `/v1/payments/${kept.id}`)).body.status).toBe('pending')
  })

  test('the key of an awaited cancel cannot be used for an operation other than a create', async () => {
    const key = newKey()
    await cancelByKey(key)
    const { body: payment } = await create(newKey())
    const answer = await fixture.api('POST', `/v1/payments/${payment.id}/cancel`, {
      idempotencyKey: key,
    })
    expect(answer.body.error.code).toBe('idempotency_key_reused')
    expect((await create(key)).body.status).toBe('canceled')
  })

  test.each([
    ['bare, of a create whose key was bare', 'bare', 'order-77'],
    ['quoted, of a create whose key was quoted', '"quoted"', '"order-78"'],
    ['bare, of a create whose key was quoted', '"quoted"', 'order-79'],
    ['quoted, of a create whose key was bare', 'bare', '"order-80"'],
    ['with quotes inside', '"quoted"', '"order \\"81\\" \\\\"'],
    ['quoted with blanks at its ends', '"quoted"', '" order-82 "'],
  ])('finds its create by the unquoted value of the key: %s', async (_, sent, key) => {
    const text = key.startsWith('"') ? key.slice(1, -1).replace(/\\(["\\])/g, '$1') : key
    const header = sent === 'bare' ? text : `"${text.replace(/["\\]/g, '\\$&')}"`
    const { body: made } = await create(header)
    expect((await cancelByKey(key)).body).toMatchObject({ id: made.id, status: 'canceled' })

    const later = key.replace('order', 'later')
    const promised = await cancelByKey(later)
    expect(promised.status).toBe(202)
    expect(promised.body.idempotency_key).toBe(text.replace('order', 'later'))
    expect((await create(header.replace('order', 'later'))).body.status).toBe('canceled')
  })

  test('finds its create by a key of the maximum length in which every character is escaped', async () => {
    const header = `"${'\\"'.repeat(255)}"`
    const { body: made } = await create(header, fixture.api, { customer_id: 'escaped' })
    expect((await cancelByKey(header)).body.id).toBe(made.id)
  })

  test('is awaited until its expires_at, and not after it', async () => {
    const { test: api } = await createMerchant(fixture)
    const [inTime, late, renewed] = [newKey(), newKey(), newKey()]
    const sentMs = Date.now()
    const { body: promised } = await cancelByKey(inTime, api)
    // Rounded up to a whole second, so it is never shorter than a day.
    expect(Date.parse(promised.expires_at)).toBeGreaterThanOrEqual(sentMs + 86_400_000)
    expect(Date.parse(promised.expires_at) - Date.parse(promised.created_at)).toBe(86_401_000)
    await Promise.all([late, renewed].map((key) => cancelByKey(key, api)))
    await advance(api, 86_400 - 60)
    expect((await create(inTime, api)).body.status).toBe('canceled')

    await advance(api, 120)
    const more = { amount: 700 }
    const created = await create(late, api, more)
    expect(created.body).toMatchObject({ status: 'pending', cancelable: true })
    expect((await create(late, api, more)).text, 'the create is replayed').toBe(created.text)
    expect((await cancelByKey(late, api)).body).toMatchObject({
      id: created.body.id,
      status: 'canceled',
    })

    const { body: again } = await cancelByKey(renewed, api, { reason: 'still' })
    expect(Date.parse(again.expires_at)).toBeGreaterThan(
      Date.parse(promised.expires_at) + 86_400_000,
    )
    expect(again.reason).toBe('still')
    expect((await create(renewed, api)).body).toMatchObject({
      status: 'canceled',
      cancellation_reason: 'still',
    })
  })

  test('of concurrent creates after an awaited cancel has expired, exactly one creates a payment', async () => {
    const { test: api } = await createMerchant(fixture)
    const key = newKey()
    await cancelByKey(key, api)
    await advance(api, 86_400 + 60)
    const token = { payment_method_token: 'tok_visa', initiate: true, cancel_window: 3_600 }
    const answers = await Promise.all(Array.from({ length: 8 }, () => create(key, api, token)))
    const made = answers.filter(({ status }) => status === 201)
    expect(made.length).toBeGreaterThan(0)
    expect(new Set(made.map(({ text }) => text)).size).toBe(1)
    expect(made[0]?.body.status).toBe('initiated')
    const { body } = await api('GET', `/v1/payments?customer_id=${encodeURIComponent(key)}`)
    expect(body.data).toHaveLength(1)
  })

  test('with its own idempotency key as the key of the create is refused, and leaves the key unused', async () => {
    const key = newKey()
    const answer = await fixture.api('POST', '/v1/payments/cancel', {
      body: { idempotency_key: key },
      idempotencyKey: key,
    })
    expect([answer.status, answer.body.error.details]).toEqual([
      400,
      {
        field: 'idempotency_key',
        received: JSON.stringify(key),
        expected: 'the key of the create, not that of this request',
      },
    ])
    expect((await create(key)).body.status).toBe('pending')
  })

  test.each([
    ['no body', undefined, 'body'],
    ['no key', {}, 'idempotency_key'],
    ['an empty key', { idempotency_key: '' }, 'idempotency_key'],
    ['a long key', { idempotency_key: 'x'.repeat(256) }, 'idempotency_key'],
    ['a key that begins with a blank', { idempotency_key: ' x' }, 'idempotency_key'],
    ['a key that ends with a blank', { idempotency_key: 'x ' }, 'idempotency_key'],
    ['a blank key', { idempotency_key: ' ' }, 'idempotency_key'],
    ['an empty key in quotes', { idempotency_key: '""' }, 'idempotency_key'],
    ['a long key in quotes', { idempotency_key: `"${'x'.repeat(256)}"` }, 'idempotency_key'],
    ['a key with NUL', { idempotency_key: 'a\0' }, 'idempotency_key'],
    ['a key that is not ASCII', { idempotency_key: 'ü' }, 'idempotency_key'],
    ['a key that is a number', { idempotency_key: 1 }, 'idempotency_key'],
    ['a long reason', { idempotency_key: 'x', reason: 'x'.repeat(501) }, 'reason'],
  ])('with %s is refused', async (_, body, field) => {
    const answer = await fixture.api(
      'POST',
      '/v1/payments/cancel',
      body === undefined ? {} : { body },
    )
    expect([answer.status, answer.body.error.details.field]).toEqual([400, field])
  })
})
