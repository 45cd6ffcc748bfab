import { plannedDeclineCodes, plannedFailuresMax } from '@hedgepayments/contract'
import { beforeAll, expect, test } from 'vitest'
import { type Api, createPayment, paymentBody } from '../../support/http/api.ts'
import { advance, attempts, initiate } from '../../support/payments/sandbox.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { createLiveMerchant } from '../../support/servers/servers.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'

const fixture = withMerchant()
let api: Api
let other: Api

beforeAll(() => {
  api = fixture.api
  other = fixture.apis[1] ?? fixture.api
})

const plan = (code: string, more: { idempotencyKey?: string } = {}) =>
  api('POST', '/v1/test/failures', { body: { code }, ...more })

test.each(size({ quick: plannedDeclineCodes.slice(0, 2), all: plannedDeclineCodes }))(
  'the next authorization is declined with %s, whatever its token, and the following one succeeds',
  async (code) => {
    expect(await plan(code)).toMatchObject({
      status: 201,
      body: { object: 'test_failure', code, waiting: 1 },
    })
    const { body } = await initiate(api, 'tok_threeDSecureRequired')
    expect(body).toMatchObject({ status: 'failed', failure_code: code })
    expect((await initiate(api, 'tok_visa')).body.status).toBe('initiated')
  },
)

test('planned failures queue in order, and each applies to one authorization on any process', async () => {
  const codes = ['card_declined', 'insufficient_funds', 'expired_card']
  for (const code of codes) await plan(code)
  const seen = []
  for (const at of [other, api, other, api]) {
    seen.push((await initiate(at, 'tok_visa')).body.failure_code)
  }
  expect(seen).toEqual([...codes, null])
})

test('concurrent authorizations on two processes use each planned failure once', async () => {
  for (let i = 0; i < 5; i++) await plan('lost_card')
  const all = await Promise.all(
    Array.from({ length: 12 }, (_, i) => initiate(i % 2 ? api : other, 'tok_visa')),
  )
  const statuses = all.map(({ body }) => body.status)
  expect(statuses.filter((status) => status === 'failed')).toHaveLength(5)
  expect(statuses.filter((status) => status === 'initiated')).toHaveLength(7)
})

test('a repeated create gets its first answer and uses no further planned failure', async () => {
  await plan('stolen_card')
  await plan('incorrect_cvc')
  const request = {
    body: paymentBody({ initiate: true, payment_method_token: 'tok_visa' }),
    idempotencyKey: 'an order that is declined',
  }
  const first = await api('POST', '/v1/payments', request)
  expect(first.body.failure_code).toBe('stolen_card')
  expect((await api('POST', '/v1/payments', request)).text).toBe(first.text)
  expect((await initiate(api, 'tok_visa')).body.failure_code).toBe('incorrect_cvc')
})

test('a repeated plan with the same idempotency key is added once', async () => {
  const more = { idempotencyKey: 'plan once' }
  const first = await plan('card_declined', more)
  expect((await plan('card_declined', more)).text).toBe(first.text)
  expect((await initiate(api, 'tok_visa')).body.status).toBe('failed')
  expect((await initiate(api, 'tok_visa')).body.status).toBe('initiated')
})

test('processor_unavailable: calls about that payment fail for a minute, calls about others succeed', async () => {
  await plan('processor_unavailable')
  const { id } = await createPayment(api)
  const submit = { body: { payment_method_token: 'tok_visa' } }
  for (const at of [api, other]) {
    const refused = await at('POST', `/v1/payments/${id}/initiate`, submit)
    expect(refused).toMatchObject({
      status: 502,
      body: { error: { code: 'processor_unavailable' } },
    })
  }
  expect((await initiate(api, 'tok_visa')).body.status).toBe('initiated')
  expect(await attempts(api, id)).not.toContain('authorize authorized')
  await advance(api, 61)
  await until('the payment is authorized', async () => {
    const { body } = await api('GET', `/v1/payments/${id}`)
    return body.status !== 'pending'
  })
})

test('a payment that could not reach the processor can still be canceled', async () => {
  await plan('processor_unavailable')
  const { id } = await createPayment(api)
  const submit = { body: { payment_method_token: 'tok_visa' } }
  await api('POST', `/v1/payments/${id}/initiate`, submit)
  const canceled = await api('POST', `/v1/payments/${id}/cancel`, {})
  expect(canceled.body.status).toBe('canceled')
})

test('a code with which no authorization fails is refused, with the allowed codes', async () => {
  const { status, body } = await plan('refund_failed')
  expect(status).toBe(400)
  expect(body.error.details.field).toBe('code')
  expect(body.error.message).toContain('insufficient_funds')
})

test('a merchant has a limit of open planned failures', async () => {
  const results = []
  for (let i = 0; i <= plannedFailuresMax; i++) results.push((await plan('card_declined')).status)
  expect(results.filter((status) => status === 201)).toHaveLength(plannedFailuresMax)
  expect(results.at(-1)).toBe(400)
  await fixture.sql.query('delete from sandbox_planned_failures where merchant_id = $1', [
    fixture.owner.merchant_id,
  ])
})

test('live mode has no planned failures: the path gets 404', async () => {
  const { live } = await createLiveMerchant(fixture)
  const { status } = await live('POST', '/v1/test/failures', { body: { code: 'card_declined' } })
  expect(status).toBe(404)
})
