import { expect, test } from 'vitest'
import { type ApiOptions, createPayment } from '../../support/http/api.ts'
import { withMerchant } from '../../support/servers/merchant.ts'

const fixture = withMerchant()

const cases: [name: string, options: ApiOptions, reason: string | null][] = [
  ['no body', {}, null],
  ['no body, sent as JSON', { headers: { 'content-type': 'application/json' } }, null],
  ['no body, sent as text', { headers: { 'content-type': 'text/plain' } }, null],
  ['an empty body, sent as JSON', { rawBody: '' }, null],
  ['an empty object', { rawBody: '{}' }, null],
  ['reason: null', { body: { reason: null } }, null],
  ['an empty reason', { body: { reason: '' } }, ''],
  ['500 characters', { body: { reason: 'x'.repeat(500) } }, 'x'.repeat(500)],
  ['500 characters beyond the BMP', { body: { reason: '😀'.repeat(500) } }, '😀'.repeat(500)],
  [
    'any script and control character',
    { body: { reason: '取消\n\t\u200f\u0001' } },
    '取消\n\t\u200f\u0001',
  ],
  [
    'what looks like SQL',
    { body: { reason: "'; drop table payments; --" } },
    "'; drop table payments; --",
  ],
  [
    'a charset with the type',
    { rawBody: '{"reason":"x"}', headers: { 'content-type': 'application/json; charset=utf-8' } },
    'x',
  ],
  [
    'a type in capitals',
    { rawBody: '{"reason":"x"}', headers: { 'content-type': 'Application/JSON' } },
    'x',
  ],
]

test.each(cases)(
  'a cancel with %s is accepted, and the reason is stored unchanged',
  async (_, options, reason) => {
    const { id } = await createPayment(fixture.api)
    const { status, body } = await fixture.api('POST', `/v1/payments/${id}/cancel`, options)
    expect(status).toBe(200)
    expect(body.cancellation_reason).toBe(reason)
    expect((await fixture.api('GET', `/v1/payments/${id}`)).body.cancellation_reason).toBe(reason)
  },
)
