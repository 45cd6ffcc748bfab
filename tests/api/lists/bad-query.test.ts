import { beforeAll, expect, test } from 'vitest'
import { createPayment } from '../../support/http/api.ts'
import { withMerchant } from '../../support/servers/merchant.ts'

const fixture = withMerchant()
let paymentId: string
let cancellationId: string

beforeAll(async () => {
  paymentId = (await createPayment(fixture.api)).id
  const { body } = await fixture.api('POST', '/v1/cancellations', {
    body: { payment_ids: ['pay_unknown'] },
  })
  cancellationId = body.id
})

const queries = [
  'limit=0',
  'limit=101',
  'limit=-1',
  'limit=ten',
  'limit=1.5',
  'limit=1e9',
  'limit=',
  'limit=1&limit=2',
  'limit=1e400',
  'limit=Infinity',
  'limit=-Infinity',
  'limit=NaN',
  'limit=0x10',
  'limit=1e1',
  'limit=%2010',
  'limit=10%20',
  'limit=%2B10',
  'limit=10.0',
  'limit=9007199254740993',
  `limit=${'9'.repeat(400)}`,
  'amount=Infinity',
  'amount=1e400',
  'amount=0x10',
  'starting_after=',
  'starting_after=nonsense',
  'starting_after=ref_abc',
  'starting_after=pay_%00',
  `starting_after=pay_${'a'.repeat(100)}`,
  'starting_after=pay_a&ending_before=pay_b',
  'ending_before=PAY_A',
  'status=done',
  'status=',
  'status=pending,nope',
  'customer_email=%00',
  'customer_id=%00',
  'metadata=x',
  'metadata[]=x',
  'metadata[%00]=x',
  'metadata[a]=%00',
  'metadata[a]=x&metadata[a]=y',
  'metadata[a][b]=x',
  'created_at=2024-06-15T10:32:00Z',
  'created_at[gte]=yesterday',
  'created_at[gte]=2024-06-15',
  'created_at[gte]=2024-02-30T00:00:00Z',
  'created_at[gte]=2024-06-15T10:32:00%2B25:00',
  'created_at[gte]=2024-06-15T10:32:00',
  'created_at[gte]=2016-12-31T23:59:60Z',
  'created_at[gte]=0000-01-01T00:00:00Z',
  'created_at[lt]=9999-12-31T23:59:59-23:59',
  'created_at[after]=2024-06-15T10:32:00Z',
  'order=asc',
  '__proto__[x]=1',
  '__proto__=1',
  'constructor[x]=1',
  'metadata[__proto__][x]=1',
  'metadata%5Ba%5D=x&metadata%5Ba%5D=y',
  'metadata[]=x&metadata[a]=y',
  'metadata=x&metadata[a]=y',
  'created_at[gte]=2024-06-15T10:32:00Z&created_at=2024-06-15T10:32:00Z',
  'created_at[gte][x]=2024-06-15T10:32:00Z',
  'created_at[__proto__]=2024-06-15T10:32:00Z',
  'status[a]=pending',
  '=1',
]

test.each(queries)('a list refuses ?%s', async (query) => {
  const { status, body } = await fixture.api('GET', `/v1/payments?${query}`)
  expect([status, body.error.code]).toEqual([400, 'invalid_request'])
})

test.each(['Infinity', '1e400', '0x10', '1e1'])(
  'a malformed number is refused with its name and value: %s',
  async (text) => {
    const { body } = await fixture.api('GET', `/v1/payments?limit=${text}`)
    expect(body.error.details).toEqual({
      field: 'limit',
      received: JSON.stringify(text),
      expected: 'an integer',
    })
  },
)

const ranges = ['gte', 'gt', 'lte', 'lt'].map((key) => `created_at[${key}]=…`).join(' or ')

test.each([
  ['payments?status=foo', 'status', '"foo"', /^one of pending, initiated/],
  ['payments?status=pending&status=foo', 'status', '"foo"', /^one of pending, initiated/],
  ['payments?status[1]=foo', 'status', '"foo"', /^one of pending, initiated/],
  ['payments?created_at=2024-06-15', 'created_at', '"2024-06-15"', ranges],
  ['payments?metadata=x', 'metadata', '"x"', 'metadata[key]=value'],
  ['payments?amount=99999999999999999999', 'amount', '100000000000000000000', 'at most 99999999'],
  [`payments?limit=${'9'.repeat(400)}`, 'limit', expect.any(String), 'at most 100'],
  [
    'payments?customer_email=%ff',
    'customer_email',
    '"customer_email=%ff"',
    'percent-encoded UTF-8',
  ],
  ['payments?metadata[a]=50%&metadata[b]=%C3%28', 'metadata', '"metadata[b]=%C3%28"', /UTF-8/],
  ['payments?metadata[%e2%82]=x', 'metadata', '"metadata[%e2%82]=x"', /UTF-8/],
  ['events?type=gone', 'type', '"gone"', /^one of payment\.created/],
  ['events/stream?last_event_id=evt_none', 'last_event_id', '"evt_none"', 'the id of an event'],
])('GET /v1/%s names %s as it was written', async (path, field, received, expected) => {
  const { status, body } = await fixture.api('GET', `/v1/${path}`)
  expect([status, body.error.details.field]).toEqual([400, field])
  expect(body.error.details.received).toEqual(received)
  expect(body.error.details.expected).toMatch(expected)
})

test('a percent sign without digits is part of the text', async () => {
  const { id } = await createPayment(fixture.api, { metadata: { discount: '50%' } })
  const { body } = await fixture.api('GET', '/v1/payments?metadata[discount]=50%')
  expect(body.data.map((payment: { id: string }) => payment.id)).toEqual([id])
})

test.each(['starting_after=1e400', 'starting_after=Infinity', 'limit=1e400', 'starting_after=0'])(
  'a list of attempts refuses ?%s',
  async (query) => {
    const { status } = await fixture.api('GET', `/v1/payments/${paymentId}/attempts?${query}`)
    expect(status).toBe(400)
  },
)

test.each(['starting_after=%00', 'starting_after=evt_abc', 'limit=0', 'status=pending'])(
  'a timeline refuses ?%s',
  async (query) => {
    const { status } = await fixture.api('GET', `/v1/payments/${paymentId}/events?${query}`)
    expect(status).toBe(400)
  },
)

test.each(['starting_after=pay_abc', 'ending_before=%00', 'limit=0', 'limit=101', 'order=asc'])(
  'the list of keys refuses ?%s',
  async (query) => {
    const { status, body } = await fixture.api('GET', `/v1/auth/api-keys?${query}`)
    expect([status, body.error.code]).toEqual([400, 'invalid_request'])
  },
)

test.each(['endpoint_id=%00', 'event_id=%00', 'payment_id=%00'])(
  'the list of deliveries refuses ?%s, which PostgreSQL cannot store',
  async (query) => {
    const { status } = await fixture.api('GET', `/v1/webhooks/deliveries?${query}`)
    expect(status).toBe(400)
  },
)

test('the event stream refuses a payment id that PostgreSQL cannot store', async () => {
  const { status } = await fixture.api('GET', '/v1/events/stream?payment_id=%00')
  expect(status).toBe(400)
})

test.each(['starting_after=%00', 'limit=1001', 'outcome=lost', 'ending_before=pay_a'])(
  'the results of a bulk cancellation refuse ?%s',
  async (query) => {
    const { status } = await fixture.api(
      'GET',
      `/v1/cancellations/${cancellationId}/results?${query}`,
    )
    expect(status).toBe(400)
  },
)

test.each(['GET /v1/cancellations/%00', 'GET /v1/merchants/%00', 'DELETE /v1/auth/api-keys/%00'])(
  'an id that PostgreSQL cannot store gets 404: %s',
  async (line) => {
    const [method = '', path = ''] = line.split(' ')
    const { status } = await fixture.api(method, path)
    expect(status).toBe(404)
  },
)
