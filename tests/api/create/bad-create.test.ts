import { gzipSync } from 'node:zlib'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { fingerprint } from '../../support/databases/sql.ts'
import { paymentBody } from '../../support/http/api.ts'
import { withMerchant } from '../../support/servers/merchant.ts'

const fixture = withMerchant()
let before: string

beforeAll(async () => {
  before = await fingerprint(fixture.sql, fixture.owner)
})

afterEach(async () => {
  expect(await fingerprint(fixture.sql, fixture.owner), 'nothing has changed').toBe(before)
})

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, 'x']))

const cases: [field: string, value: unknown, code?: string, named?: string][] = [
  ['amount', 0, 'invalid_amount'],
  ['amount', -1, 'invalid_amount'],
  ['amount', 100_000_000, 'invalid_amount'],
  ['amount', 1.5, 'invalid_amount'],
  ['amount', 1e300, 'invalid_amount'],
  ['amount', '100'],
  ['amount', null],
  ['amount', undefined],
  ['currency', 'XTS', 'invalid_currency'],
  ['currency', '', 'invalid_currency'],
  ['currency', 'US\0', 'invalid_currency'],
  ['currency', 'uſd', 'invalid_currency'],
  ['currency', 840],
  ['customer_email', 'nobody'],
  ['customer_email', `${'a'.repeat(250)}@example.com`],
  ['customer_email', 'a\0@example.com'],
  ['customer_email', undefined],
  ['payment_method', 'cash'],
  ['payment_method_token', ''],
  ['customer_id', 'x'.repeat(256)],
  ['customer_id', '\0'],
  ['description', 'x'.repeat(1001)],
  ['description', '\ud800'],
  ['statement_descriptor', 'x'.repeat(23)],
  ['statement_descriptor', 'Bücher'],
  ['metadata', []],
  ['metadata', many(51)],
  ['metadata', { ['k'.repeat(41)]: 'x' }, 'invalid_request', `metadata.${'k'.repeat(41)}`],
  ['metadata', { '': 'x' }, 'invalid_request', 'metadata.'],
  ['metadata', { order: 'x'.repeat(501) }, 'invalid_request', 'metadata.order'],
  ['metadata', { order: 1 }, 'invalid_request', 'metadata.order'],
  ['metadata', { order: null }, 'invalid_request', 'metadata.order'],
  ['metadata', { order: 'a\0' }, 'invalid_request', 'metadata.order'],
  ['metadata', { 'a\0': 'x' }, 'invalid_request', 'metadata.a\0'],
  ['success_url', 'javascript:alert(1)'],
  ['success_url', '/relative'],
  ['success_url', 'http://example.com:99999/'],
  ['cancel_url', 'http://example.com:99999/'],
  ['cancel_url', 'https://1.2.3.456/'],
  ['cancel_url', `https://example.com/${'x'.repeat(2048)}`],
  ['cancel_url', 'https://example.com/a b'],
  ['expires_at', 'tomorrow'],
  ['expires_at', '2020-01-01T00:00:00Z'],
  ['expires_at', '2999-01-01T00:00:00Z'],
  ['expires_at', '2016-12-31T23:59:60Z'],
  ['expires_at', '2024-06-15T10:32:00+02'],
  ['expires_at', '9999-12-31T23:59:59-23:59'],
  ['expires_at', 1_718_447_520],
  ['cancel_window', -1],
  ['cancel_window', 604_801],
  ['cancel_window', '60'],
  ['initiated', true],
  ['id', 'pay_mine'],
  ['status', 'succeeded'],
]

test.each(cases)(
  '%s: %j is refused and creates nothing',
  async (field, value, code = 'invalid_request', named = field) => {
    const answer = await fixture.api('POST', '/v1/payments', {
      body: paymentBody({ [field]: value }),
      idempotencyKey: 'of a bad create',
    })
    expect(answer.body.error.code).toBe(code)
    expect(answer.status).toBe(code === 'invalid_request' ? 400 : 422)
    expect(answer.body.error.details.field).toBe(named)
    expect(answer.body.error.details.expected).not.toBe('')
  },
)

test('a create without a body is refused', async () => {
  const { status, body } = await fixture.api('POST', '/v1/payments')
  expect([status, body.error.details.field]).toEqual([400, 'body'])
})

test('a create with a body of 2 MB is refused', async () => {
  const { status } = await fixture.api('POST', '/v1/payments', {
    body: paymentBody({ description: 'x'.repeat(2_000_000) }),
  })
  expect(status).toBe(413)
})

test.each(['gzip', 'br', 'deflate, gzip', 'GZIP', 'nonsense'])(
  'a body with Content-Encoding %s is refused and not read as plain JSON',
  async (encoding) => {
    for (const rawBody of [
      JSON.stringify(paymentBody()),
      gzipSync(JSON.stringify(paymentBody())),
    ]) {
      const { status, body, headers } = await fixture.api('POST', '/v1/payments', {
        rawBody,
        headers: { 'content-encoding': encoding },
      })
      expect([status, body.error.code]).toEqual([415, 'unsupported_media_type'])
      expect(body.error.message).toContain(`Content-Encoding ${encoding.toLowerCase()}`)
      expect(headers.get('accept-encoding')).toBe('identity')
    }
  },
)

test('a body with Content-Encoding identity, or an empty encoded body, is read', async () => {
  const identity = { headers: { 'content-encoding': 'identity' } }
  const answer = await fixture.api('POST', '/v1/payments', { body: { amount: 0 }, ...identity })
  expect(answer.body.error.code).toBe('invalid_request')
  const none = { rawBody: '', headers: { 'content-encoding': 'gzip' } }
  expect((await fixture.api('POST', '/v1/payments/pay_x/cancel', none)).status).toBe(404)
})
