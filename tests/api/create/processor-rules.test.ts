import { beforeAll, describe, expect, test } from 'vitest'
import { fingerprint } from '../../support/databases/sql.ts'
import { createPayment, paymentBody } from '../../support/http/api.ts'
import { createPaid } from '../../support/payments/paid.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { createAuthorized } from '../capture/authorized.ts'

const fixture = withMerchant()
const places = ['/v1/payments', '/v1/checkout/sessions']

/** What the sandbox refuses as Stripe would, and the expected value that the answer names. */
const refused: [more: Record<string, unknown>, code: string, expected: string][] = [
  [{ amount: 49 }, 'invalid_amount', "at least 50, the processor's minimum in USD"],
  [
    { amount: 29, currency: 'gbp' },
    'invalid_amount',
    "at least 30, the processor's minimum in GBP",
  ],
  [
    { amount: 49, currency: 'JPY' },
    'invalid_amount',
    "at least 50, the processor's minimum in JPY",
  ],
  [{ amount: 17_499, currency: 'HUF' }, 'invalid_amount', 'at least 17500, the processor'],
  [{ amount: 5_124, currency: 'KWD' }, 'invalid_amount', 'a multiple of 10, the processor'],
  [{ amount: 150, currency: 'MGA' }, 'invalid_amount', 'a multiple of 100, the processor'],
  [{ amount: 1_000_000, currency: 'ISK' }, 'invalid_amount', 'at most 999999, the processor'],
  [{ currency: 'IRR' }, 'invalid_currency', 'a currency that the processor supports'],
  [{ currency: 'clf' }, 'invalid_currency', 'a currency that the processor supports'],
  ...['4711', 'A*B', 'A<B', 'A>B', "Joe's", 'A "B"', 'A\\B'].map(
    (text): [Record<string, unknown>, string, string] => [
      { statement_descriptor: text },
      'invalid_request',
      'a text with at least one letter and without < > \\ \' " *',
    ],
  ),
]

describe('a payment that the processor would not take', () => {
  let before: string

  beforeAll(async () => {
    before = await fingerprint(fixture.sql, fixture.owner)
  })

  test.each(refused)('%j is refused when it is created: %s', async (more, code, expected) => {
    for (const place of places) {
      const { status, body } = await fixture.api('POST', place, { body: paymentBody(more) })
      expect([status, body.error.code]).toEqual([code === 'invalid_request' ? 400 : 422, code])
      const [field, value] = Object.entries(more)[0] ?? []
      expect(body.error.details).toMatchObject({ field, received: JSON.stringify(value) })
      expect(body.error.details.expected).toContain(expected)
    }
    expect(await fingerprint(fixture.sql, fixture.owner), 'nothing has changed').toBe(before)
  })
})

test('a descriptor of fewer than five characters is refused for bank debits', async () => {
  const debit = paymentBody({ payment_method: 'ach', statement_descriptor: 'LAMP' })
  const session = paymentBody({
    payment_method_types: ['card', 'ach'],
    statement_descriptor: 'LAMP',
  })
  for (const [place, body] of [
    ['/v1/payments', debit],
    ['/v1/checkout/sessions', session],
  ] as const) {
    const refusal = await fixture.api('POST', place, { body })
    expect([refusal.status, refusal.body.error.details]).toEqual([
      400,
      {
        field: 'statement_descriptor',
        received: '"LAMP"',
        expected: 'at least 5 characters for bank debits',
      },
    ])
    const longer = { ...body, statement_descriptor: 'LAMPS' }
    expect((await fixture.api('POST', place, { body: longer })).status).toBe(201)
  }
})

test.each([
  { amount: 50 },
  { amount: 30, currency: 'GBP' },
  { amount: 5_120, currency: 'KWD' },
  { amount: 1, currency: 'KRW' },
  { amount: 999_999, currency: 'ISK' },
  { statement_descriptor: '1A' },
])('a payment at the limit is created: %j', async (more) => {
  for (const place of places) {
    expect((await fixture.api('POST', place, { body: paymentBody(more) })).status).toBe(201)
  }
})

describe('a part that the processor cannot express', () => {
  const dinars = { amount: 9_990, currency: 'KWD' }
  const details = { field: 'amount', received: '1234' }

  test('is not captured: the request is refused and the authorization stays', async () => {
    const { id } = await createAuthorized(fixture.api, dinars)
    const path = `/v1/payments/${id}`
    const { status, body } = await fixture.api('POST', `${path}/capture`, {
      body: { amount: 1_234 },
    })
    expect([status, body.error.code]).toEqual([422, 'invalid_amount'])
    expect(body.error.details).toMatchObject(details)
    expect((await fixture.api('GET', path)).body.status).toBe('initiated')
    expect((await fixture.api('POST', `${path}/capture`, { body: { amount: 1_230 } })).status).toBe(
      200,
    )
  })

  test('is not refunded: the request is refused and nothing is recorded', async () => {
    const { id } = await createPaid(fixture.api, dinars)
    const path = `/v1/payments/${id}/refund`
    const { status, body } = await fixture.api('POST', path, { body: { amount: 1_234 } })
    expect([status, body.error.code]).toEqual([422, 'invalid_amount'])
    expect(body.error.details).toMatchObject(details)
    const refunded = await fixture.api('POST', path, { body: { amount: 1_230 } })
    expect(refunded.body).toMatchObject({ refunded_amount: 1_230 })
  })
})

test('an idempotency key whose request was refused can be used for a correct request', async () => {
  const idempotencyKey = 'refused-first'
  const wrong = paymentBody({ amount: 1 })
  const first = await fixture.api('POST', '/v1/payments', { body: wrong, idempotencyKey })
  expect(first.status).toBe(422)
  const body = paymentBody({ amount: 100 })
  expect((await fixture.api('POST', '/v1/payments', { body, idempotencyKey })).status).toBe(201)
  const again = await fixture.api('POST', '/v1/payments', { body: wrong, idempotencyKey })
  expect(again.body.error.code).toBe('idempotency_key_reused')
  expect(await createPayment(fixture.api)).toMatchObject({ status: 'pending' })
})
