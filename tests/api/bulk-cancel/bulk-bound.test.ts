import { afterAll, beforeAll, expect, test } from 'vitest'
import { apiClient } from '../../support/http/api.ts'
import { type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'
import { until } from '../../support/until.ts'

/** The maximum of open bulk cancellations per merchant and mode, as documented in the API reference. */
const openMax = 100
let own: OwnApp

// Without workers: bulk cancellations stay open.
beforeAll(async () => {
  own = await startOwnApp({})
})

afterAll(() => own.close())

const body = { payment_ids: ['pay_unknown'] }
/** Requests a bulk cancellation, and retries while the lock of the merchant is busy. */
const ask = (more = {}) =>
  until('the request is answered', async () => {
    const answer = await own.api('POST', '/v1/cancellations', { body: { ...body, ...more } })
    return answer.status !== 503 && answer
  })
const act = (id: string, action: string) => own.api('POST', `/v1/cancellations/${id}/${action}`)

test('concurrent requests for bulk cancellations leave a merchant at most a hundred open ones', async () => {
  const before = await Promise.all(Array.from({ length: openMax - 5 }, () => ask()))
  for (const { status } of before) expect(status).toBe(201)
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask()))
  const made = answers.filter(({ status }) => status === 201)
  expect(made).toHaveLength(5)
  const refused = answers.filter(({ status }) => status === 429)
  expect(refused).toHaveLength(15)
  expect(refused[0]?.body.error).toEqual({
    code: 'rate_limit_exceeded',
    message: 'Too many open bulk cancellations: at most 100 may be pending or running.',
    details: { retry_after: 5 },
  })
  expect(refused[0]?.headers.get('retry-after')).toBe('5')
  // Dry runs are not open cancellations, and other merchants have their own hundred.
  expect((await ask({ dry_run: true })).status).toBe(201)
  const { body: merchant } = await own.api('POST', '/v1/merchants', { body: { name: 'Another' } })
  const other = apiClient(own.url, merchant.api_keys[0].secret_key)
  expect((await other('POST', '/v1/cancellations', { body })).status).toBe(201)
})

test('at the limit, a pause frees a place, a resume takes one, and a refused request can be repeated with its key', async () => {
  const { body: list } = await own.api('GET', '/v1/cancellations?limit=100')
  const open = list.data.filter(({ status }: { status: string }) => status === 'pending')
  const [first, second] = open.map(({ id }: { id: string }) => id)
  const retried = () =>
    own.api('POST', '/v1/cancellations', { body, idempotencyKey: 'asked while it was full' })
  expect((await retried()).status).toBe(429)
  expect((await act(first, 'pause')).body.status).toBe('paused')
  expect((await retried()).status).toBe(201)
  const resumed = await act(first, 'resume')
  expect([resumed.status, resumed.body.error.code]).toEqual([429, 'rate_limit_exceeded'])
  // A running cancellation takes no second place when it is resumed.
  expect((await act(second, 'resume')).status).toBe(200)
  await own.sql.query(
    `update cancellations set status = 'completed', completed_at = now() where id = $1`,
    [second],
  )
  expect((await act(first, 'resume')).body.status).toBe('running')
  expect((await ask()).status).toBe(429)
})
