import { describe, expect, test } from 'vitest'
import { fingerprint, movePayment } from '../../support/databases/sql.ts'
import {
  type Api,
  type ApiAnswer,
  apiClient,
  createPayment,
  paymentBody,
} from '../../support/http/api.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { createLiveMerchant } from '../../support/servers/servers.ts'

const fixture = withMerchant()
let keys = 0
const newKey = () => `key ${++keys}`

const cancel = (id: string, idempotencyKey: string, body: object = {}, api: Api = fixture.api) =>
  api('POST', `/v1/payments/${id}/cancel`, { body, idempotencyKey })

function expectReplay(again: ApiAnswer, first: ApiAnswer): void {
  expect([again.status, again.text]).toEqual([first.status, first.text])
  expect(again.headers.get('idempotent-replayed')).toBe('true')
  expect(first.headers.get('idempotent-replayed')).toBeNull()
  expect(again.headers.get('etag')).toBe(first.headers.get('etag'))
}

describe('a repeated request gets the first answer, byte for byte, from any process', () => {
  test('to a cancel', async () => {
    const { id } = await createPayment(fixture.api, { metadata: { zebra: '1', ant: 'ü😀' } })
    const key = newKey()
    const first = await cancel(id, key, { reason: 'once' })
    expect(first.status).toBe(200)
    for (const api of fixture.apis)
      expectReplay(await cancel(id, key, { reason: 'once' }, api), first)
  })

  test('to a cancel refused for the status, after the status has changed', async () => {
    const { id } = await createPayment(fixture.api)
    const client = await fixture.sql.connect()
    await movePayment(client, { id, to: 'initiated' })
    await movePayment(client, { id, to: 'processing' })
    const key = newKey()
    const first = await cancel(id, key)
    expect(first.body.error.details.current_status).toBe('processing')
    await movePayment(client, { id, to: 'succeeded' })
    client.release()
    for (const api of fixture.apis) expectReplay(await cancel(id, key, {}, api), first)
    expect((await cancel(id, newKey())).body.error.details.current_status).toBe('succeeded')
  })

  test('to a cancel refused for If-Match, after the version would match', async () => {
    const { id } = await createPayment(fixture.api)
    const key = newKey()
    const stale = { idempotencyKey: key, headers: { 'if-match': '"2"' } }
    const first = await fixture.api('POST', `/v1/payments/${id}/cancel`, stale)
    expect(first.body.error.code).toBe('precondition_failed')
    const client = await fixture.sql.connect()
    await movePayment(client, { id, to: 'initiated' })
    client.release()
    expectReplay(await fixture.api('POST', `/v1/payments/${id}/cancel`, stale), first)
  })

  test('to a create, and only one payment exists', async () => {
    const options = { body: paymentBody({ customer_id: 'once' }), idempotencyKey: newKey() }
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (fixture.apis[i % 2] as Api)('POST', '/v1/payments', options),
      ),
    )
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    const first = answers.filter(({ headers }) => headers.get('idempotent-replayed') === null)
    expect(first).toHaveLength(1)
    const list = await fixture.api('GET', '/v1/payments?customer_id=once')
    expect(list.body.data).toHaveLength(1)
    const id = answers[0]?.body.id
    await fixture.api('POST', `/v1/payments/${id}/cancel`)
    expectReplay(await fixture.api('POST', '/v1/payments', options), first[0] as ApiAnswer)
  })

  test.each([
    ['a bulk cancellation', '/v1/cancellations', { filter: { customer_id: 'nobody' } }],
    ['a cancel by key', '/v1/payments/cancel', { idempotency_key: 'the key of no create' }],
  ])('to %s', async (_, path, body) => {
    const options = { body, idempotencyKey: newKey() }
    const first = await fixture.api('POST', path, options)
    expect(first.status).toBeLessThan(300)
    for (const api of fixture.apis) expectReplay(await api('POST', path, options), first)
  })

  test('concurrent cancels with one key on two processes are one cancel with one answer', async () => {
    const { id } = await createPayment(fixture.api)
    const key = newKey()
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, i) => cancel(id, key, {}, fixture.apis[i % 2])),
    )
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(answers[0]?.status).toBe(200)
  })

  test('one key for many payments at once, on two processes, cancels one of them', async () => {
    const ids = await Promise.all(
      Array.from({ length: 40 }, async () => (await createPayment(fixture.api)).id as string),
    )
    const key = newKey()
    const answers = await Promise.all(ids.map((id, i) => cancel(id, key, {}, fixture.apis[i % 2])))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(39).fill(409)])
    const rows = await fixture.sql.query('select status from payments where id = any($1)', [ids])
    expect(rows.filter(({ status }) => status === 'canceled')).toHaveLength(1)
  })
})

describe('the same request', () => {
  test('may differ in whitespace, in the order of fields, and in an absent or empty body', async () => {
    const { id } = await createPayment(fixture.api)
    const path = `/v1/payments/${id}/cancel`
    const idempotencyKey = newKey()
    const first = await fixture.api('POST', path, { idempotencyKey })
    for (const rawBody of ['', '{}', ' {\n} ']) {
      expectReplay(await fixture.api('POST', path, { idempotencyKey, rawBody }), first)
    }
    const create = newKey()
    const bodies = [
      '{"amount":99,"currency":"EUR","customer_email":"a@b.co","metadata":{"x":"1","y":"2"}}',
      '{ "metadata": {"y":"2", "x":"1"}, "customer_email":"a@b.co", "currency":"EUR", "amount":99 }',
    ]
    const made = await Promise.all(
      bodies.map((rawBody) =>
        fixture.api('POST', '/v1/payments', { idempotencyKey: create, rawBody }),
      ),
    )
    expect(new Set(made.map(({ text }) => text)).size).toBe(1)
  })

  test('may not differ in body, path or operation: the request is refused and changes nothing', async () => {
    const one = await createPayment(fixture.api)
    const other = await createPayment(fixture.api)
    const key = newKey()
    await cancel(one.id, key, { reason: 'a' })
    const before = await fingerprint(fixture.sql, fixture.owner)
    const answers = [
      await cancel(one.id, key, { reason: 'b' }),
      await cancel(one.id, key),
      await cancel(other.id, key, { reason: 'a' }),
      await cancel('pay_unknown', key, { reason: 'a' }),
      await fixture.api('POST', '/v1/payments', { body: paymentBody(), idempotencyKey: key }),
      await fixture.api('POST', '/v1/cancellations', {
        body: { payment_ids: [other.id] },
        idempotencyKey: key,
      }),
      await fixture.api('POST', '/v1/payments/cancel', {
        body: { idempotency_key: 'x' },
        idempotencyKey: key,
      }),
    ]
    for (const { status, body } of answers) {
      expect([status, body.error.code]).toEqual([409, 'idempotency_key_reused'])
    }
    expect(await fingerprint(fixture.sql, fixture.owner)).toBe(before)
  })

  test('of another merchant or mode is independent', async () => {
    const key = newKey()
    const other = await createLiveMerchant(fixture)
    const ids = new Set<string>()
    for (const api of [fixture.api, other.test, other.live]) {
      const answer = await api('POST', '/v1/payments', { body: paymentBody(), idempotencyKey: key })
      expect(answer.status).toBe(201)
      ids.add(answer.body.id)
    }
    expect(ids.size).toBe(3)
  })

  test('may have its key quoted as in the IETF draft', async () => {
    const { id } = await createPayment(fixture.api)
    const first = await cancel(id, 'a "quoted" \\ key')
    expectReplay(await cancel(id, '"a \\"quoted\\" \\\\ key"'), first)
  })
})

describe('a refusal that is not stored leaves the key unused:', () => {
  test('400, 401, 403, 404 and 405', async () => {
    const { id } = await createPayment(fixture.api)
    const key = newKey()
    const url = fixture.servers[0]?.url ?? ''
    const made = await fixture.api('POST', '/v1/auth/api-keys', {
      body: { scopes: ['payments:read'] },
    })
    const poor = apiClient(url, made.body.secret_key)
    const statuses = [
      await cancel(id, key, { reason: 1 }),
      await cancel(id, key, {}, apiClient(url, null)),
      await cancel(id, key, {}, poor),
      await cancel('pay_unknown', key),
      await fixture.api('PUT', `/v1/payments/${id}/cancel`, { idempotencyKey: key }),
    ].map(({ status }) => status)
    expect(statuses).toEqual([400, 401, 403, 404, 405])
    expect((await cancel(id, key)).status).toBe(200)
  })

  test('a refused create, and a cancel by the key of another operation', async () => {
    const key = newKey()
    const bad = await fixture.api('POST', '/v1/payments', {
      body: paymentBody({ amount: 0 }),
      idempotencyKey: key,
    })
    expect(bad.status).toBe(422)
    const good = { body: paymentBody(), idempotencyKey: key }
    expect((await fixture.api('POST', '/v1/payments', good)).status).toBe(201)
  })

  test.each([
    ['empty', ''],
    ['an empty quoted string', '""'],
    ['256 characters', 'x'.repeat(256)],
    ['not ASCII', 'cl\u00e9'],
    ['a tab within', 'a\tb'],
  ])('an invalid key is refused: %s', async (_, key) => {
    const { id } = await createPayment(fixture.api)
    const answer = await fixture.api('POST', `/v1/payments/${id}/cancel`, {
      headers: { 'idempotency-key': key },
    })
    expect([answer.status, answer.body.error.details.field]).toEqual([400, 'Idempotency-Key'])
    expect((await fixture.api('GET', `/v1/payments/${id}`)).body.status).toBe('pending')
  })

  test('a key may have 255 characters', async () => {
    const { id } = await createPayment(fixture.api)
    expect((await cancel(id, 'x'.repeat(255))).status).toBe(200)
  })
})
