import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { fingerprint } from '../../support/databases/sql.ts'
import { type ApiOptions, createPayment } from '../../support/http/api.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { createLiveMerchant } from '../../support/servers/servers.ts'

const fixture = withMerchant()
let id: string
let before: string

beforeAll(async () => {
  id = (await createPayment(fixture.api)).id
  before = await fingerprint(fixture.sql, fixture.owner)
})

afterEach(async () => {
  expect(await fingerprint(fixture.sql, fixture.owner), 'nothing has changed').toBe(before)
})

const json = (rawBody: string | Uint8Array<ArrayBuffer>): ApiOptions => ({ rawBody })
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`

describe('a cancel with an invalid body gets 400 and changes nothing', () => {
  const bodies: [
    name: string,
    options: ApiOptions,
    status: number,
    code: string,
    field?: string,
  ][] = [
    ['not JSON', json('reason=customer'), 400, 'invalid_request', 'body'],
    ['truncated', json('{"reason": "cust'), 400, 'invalid_request', 'body'],
    ['followed by more', json('{} {}'), 400, 'invalid_request', 'body'],
    ['null', json('null'), 400, 'invalid_request', 'body'],
    ['an array', json('[]'), 400, 'invalid_request', 'body'],
    ['text', json('"reason"'), 400, 'invalid_request', 'body'],
    ['a number', json('1'), 400, 'invalid_request', 'body'],
    ['only spaces', json('   '), 400, 'invalid_request', 'body'],
    ['not UTF-8', json(new Uint8Array([0x7b, 0xff, 0x7d])), 400, 'invalid_request', 'body'],
    ['UTF-16', json(new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0])), 400, 'invalid_request'],
    ['2 MB', json(`{"reason":"${'x'.repeat(2_000_000)}"}`), 413, 'payload_too_large'],
    ['deeply nested', json(nested(400_000)), 400, 'invalid_request', 'body'],
    [
      'with a deeply nested reason',
      json(`{"reason":${nested(400_000)}}`),
      400,
      'invalid_request',
      'reason',
    ],
    ['with an unknown field', json('{"reasons":"x"}'), 400, 'invalid_request', 'reasons'],
    ['with __proto__', json('{"__proto__":{"reason":"x"}}'), 400, 'invalid_request', '__proto__'],
    ['with a number as reason', json('{"reason":1}'), 400, 'invalid_request', 'reason'],
    ['with an object as reason', json('{"reason":{}}'), 400, 'invalid_request', 'reason'],
    ['with false as reason', json('{"reason":false}'), 400, 'invalid_request', 'reason'],
    ['501 characters', { body: { reason: 'x'.repeat(501) } }, 400, 'invalid_request', 'reason'],
    ['501 astral', { body: { reason: '😀'.repeat(501) } }, 400, 'invalid_request', 'reason'],
    ['with NUL', { body: { reason: 'a\0b' } }, 400, 'invalid_request', 'reason'],
    ['a lone surrogate', json('{"reason":"\\ud83d"}'), 400, 'invalid_request', 'reason'],
    ['a low surrogate', json('{"reason":"\\ude00 a"}'), 400, 'invalid_request', 'reason'],
  ]

  test.each(bodies)('%s', async (_, options, status, code, field) => {
    const answer = await fixture.api('POST', `/v1/payments/${id}/cancel`, options)
    expect([answer.status, answer.body.error.code]).toEqual([status, code])
    if (field !== undefined) expect(answer.body.error.details.field).toBe(field)
    if (code === 'invalid_request') {
      expect(JSON.stringify(answer.body.error.details).length).toBeLessThan(500)
    }
  })

  const types = ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', 'nonsense']
  test.each(types)('with the content type %s', async (type) => {
    const answer = await fixture.api('POST', `/v1/payments/${id}/cancel`, {
      rawBody: '{"reason":"x"}',
      headers: { 'content-type': type },
    })
    expect([answer.status, answer.body.error.code]).toEqual([415, 'unsupported_media_type'])
  })
})

describe('a cancel of an id that names no payment', () => {
  const ids: [name: string, id: string][] = [
    ['unknown', 'pay_abc123xyz'],
    ['of another kind', 'ref_abc123xyz'],
    ['empty', ''],
    ['a space', '%20'],
    ['of 10,000 characters', `pay_${'a'.repeat(10_000)}`],
    ['NUL', 'pay_%00'],
    ['NUL after an id', 'pay_abc123xyz%00'],
    ['not ASCII', 'pay_%C3%BC'],
    ['an emoji', '%F0%9F%98%80'],
    ['not UTF-8', 'pay_%ff'],
    ['an incomplete escape', 'pay_%e'],
    ['an invalid escape', 'pay_%zz'],
    ['a quote', "pay_'--"],
    ['a slash', 'pay_a%2Fb'],
    ['upper case', 'PAY_ABC123XYZ'],
    ['dots', '%2e%2e'],
  ]
  test.each(ids)('%s: 404', async (_, named) => {
    const answer = await fixture.api('POST', `/v1/payments/${named}/cancel`, {
      idempotencyKey: 'of an unknown id',
    })
    expect([answer.status, answer.body.error.code]).toEqual([404, 'not_found'])
  })

  test('a cancel of a payment of another merchant or mode gets 404 and does not change the payment', async () => {
    const other = await createLiveMerchant(fixture)
    for (const api of [other.test, other.live]) {
      const answers = [
        await api('POST', `/v1/payments/${id}/cancel`),
        await api('GET', `/v1/payments/${id}`),
        await api('GET', `/v1/payments/${id}/events`),
      ]
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404])
    }
    const theirs = await other.live('POST', '/v1/payments', {
      body: { amount: 100, currency: 'EUR', customer_email: 'a@example.com' },
    })
    expect(theirs.body.livemode).toBe(true)
    expect((await other.test('POST', `/v1/payments/${theirs.body.id}/cancel`)).status).toBe(404)
    expect((await other.live('POST', `/v1/payments/${theirs.body.id}/cancel`)).status).toBe(200)
    before = await fingerprint(fixture.sql, fixture.owner)
  })
})

describe('a cancel with a wrong method or path', () => {
  test.each(['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    '%s: 405 with the allowed method',
    async (method) => {
      const answer = await fixture.api(method, `/v1/payments/${id}/cancel`)
      expect([answer.status, answer.body.error.code]).toEqual([405, 'method_not_allowed'])
      expect(answer.headers.get('allow')).toBe('POST')
    },
  )

  const paths = ['cancel/', 'cancels', 'Cancel', 'cancel/now', '/cancel', 'cancel%00']
  test.each(paths)('%s: 404', async (path) => {
    const answer = await fixture.api('POST', `/v1/payments/${id}/${path}`)
    expect([answer.status, answer.body.error.code]).toEqual([404, 'not_found'])
  })
})
