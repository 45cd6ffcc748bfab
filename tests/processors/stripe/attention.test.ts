import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { scopes } from '../../../packages/contract/src/index.ts'
import { brokenInvariants } from '../../support/databases/invariants.ts'
import { apiClient } from '../../support/http/api.ts'
import { untilStatus } from '../../support/payments/paid.ts'
import { until } from '../../support/until.ts'
import { attentionOf } from './attention.ts'
import { withMerchantAtStripe } from './stand-in/server-with-stripe.ts'

// A payment that waits for too long is found, named and counted, and only an operator resolves it.

const fixture = withMerchantAtStripe()
const { silence, answerAgain, initiate, untilReasons, untilFailing, resolve } = attentionOf(fixture)

/** A payment whose capture is overdue. */
let id: string

beforeAll(async () => {
  silence(/capture|GET .*payment_intents\/pi/)
  id = await initiate()
  await untilStatus(fixture.api, id, 'processing')
  await untilFailing(id, 16 * 60)
  await untilReasons(id, ['capture_overdue'])
})

afterEach(async () => {
  expect(await brokenInvariants(fixture.sql, { isAtRest: false })).toEqual({})
})

afterAll(answerAgain)

test('a payment that waits for too long is listed, with the reason and the possible resolutions', async () => {
  const { body } = await fixture.api('GET', `/v1/payments/${id}/attention`)
  expect(body).toMatchObject({
    object: 'list',
    has_more: false,
    data: [
      {
        object: 'attention',
        payment_id: id,
        reason: 'capture_overdue',
        resolutions: ['captured', 'not_captured', 'retry'],
      },
    ],
  })
  const listed = await fixture.api('GET', '/v1/payments?needs_attention=true')
  expect(listed.body.data.map((payment: { id: string }) => payment.id)).toEqual([id])
  const others = await fixture.api('GET', '/v1/payments?needs_attention=false&limit=100')
  expect(others.body.data.map((payment: { id: string }) => payment.id)).not.toContain(id)
  expect((await fixture.api('GET', '/v1/payments?needs_attention=yes')).status).toBe(400)
})

test('a metric counts it by reason and mode, with its age', async () => {
  const metrics = await until('the queues are measured', async () => {
    const text = await (await fetch(`${fixture.started.server.url}/metrics`)).text()
    return text.includes('hedge_payments_need_attention{') && text
  })
  const labels = 'reason="capture_overdue",livemode="false"'
  expect(metrics).toContain(`hedge_payments_need_attention{${labels}} 1\n`)
  const oldest = `hedge_payment_attention_oldest_age_seconds{${labels}} `
  const age = Number(metrics.split(oldest)[1]?.split('\n')[0])
  expect(age).toBeGreaterThanOrEqual(16 * 60)
})

test('one line of the log names it, however often the worker tries again', async () => {
  const lines = () =>
    fixture.started.server
      .log()
      .split('\n')
      .filter((line) => line.includes('payment needs attention'))
  const failures = async () => {
    const [task] = await fixture.sql.query(
      `select failures from payment_tasks where payment_id = $1 and kind = 'capture'`,
      [id],
    )
    return task.failures
  }
  expect((await resolve(id, 'retry')).status).toBe(200)
  await until('the worker has tried again', async () => (await failures()) > 0)
  const [line, ...more] = await until('the line is written', () => lines().length > 0 && lines())
  expect(JSON.parse(line ?? '')).toMatchObject({
    payment_id: id,
    livemode: false,
    reason: 'capture_overdue',
    msg: 'payment needs attention',
  })
  expect(more).toEqual([])
})

test('a key needs the scope payments:resolve', async () => {
  const keyWith = async (given: readonly string[]) => {
    const { body } = await fixture.api('POST', '/v1/auth/api-keys', { body: { scopes: given } })
    return apiClient(fixture.started.server.url, body.secret_key)
  }
  const others = await keyWith(scopes.filter((scope) => scope !== 'payments:resolve'))
  const body = { resolution: 'captured', reason: 'seen at Stripe' }
  const refused = await others('POST', `/v1/payments/${id}/resolve`, { body })
  expect([refused.status, refused.body.error.code]).toEqual([403, 'insufficient_permissions'])
})

test.each([
  ['settled', {}, 412, 'payment_not_resolvable'],
  ['captured', { amount: 5_001 }, 422, 'invalid_amount'],
  ['not_captured', { amount: 5_000 }, 400, 'invalid_request'],
  ['captured', { refund_id: 'ref_1' }, 400, 'invalid_request'],
  ['captured', { reason: undefined }, 400, 'invalid_request'],
] as const)(
  'a resolution that does not fit is refused: %s %o',
  async (resolution, more, status, code) => {
    const answer = await resolve(id, resolution, more)
    expect([answer.status, answer.body.error.code], answer.text).toEqual([status, code])
    expect((await fixture.api('GET', `/v1/payments/${id}`)).body.status).toBe('processing')
  },
)

test('a resolution happens once, and its repetition gets the first answer', async () => {
  const body = { resolution: 'captured', reason: 'seen at Stripe' }
  const send = () =>
    fixture.api('POST', `/v1/payments/${id}/resolve`, { body, idempotencyKey: 'resolved' })
  const [first, second] = await Promise.all([send(), send()])
  const repeated = await send()
  expect(first?.body).toMatchObject({ id, status: 'succeeded' })
  expect([second?.text, repeated.text]).toEqual([first?.text, first?.text])
  const entries = (await fixture.api('GET', `/v1/audit_log?target_id=${id}`)).body.data
  const resolved = entries.filter(
    ({ details }: { details: { resolution: string } }) => details.resolution === 'captured',
  )
  expect(resolved).toHaveLength(1)
  expect(resolved[0]).toMatchObject({ action: 'payment.resolved', details: body })
  const again = await resolve(id, 'captured')
  expect(again.body.error).toMatchObject({
    code: 'payment_not_resolvable',
    message: `Payment ${id} cannot be resolved as captured. It needs no attention.`,
    details: { current_status: 'succeeded', resolutions: [] },
  })
  const listed = await fixture.api('GET', '/v1/payments?needs_attention=true')
  expect(listed.body.data).toEqual([])
})
