import { afterAll, beforeAll, expect, test } from 'vitest'
import { apiClient } from '../../support/http/api.ts'
import { type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'
import { until } from '../../support/until.ts'

/** Open bulk cancellations of a merchant and mode, as the API reference says it. */
const openMax = 100
let own: OwnApp

// Without workers: what is asked for stays open.
beforeAll(async () => {
  own = await startOwnApp({})
})

afterAll(() => own.close())

const body = { payment_ids: ['pay_unknown'] }
/** Asks for a bulk cancellation, and again while the lock of the merchant is busy: then nothing was done. */
const ask = (more = {}) =>
  until('the request is answered', async () => {
    const answer = await own.api('POST', '/v1/cancellations', { body: { ...body, ...more } })
    return answer.status !== 503 && answer
  })
const act = (id: string, action: string) => own.api('POST', `/v1/cancellations/${id}/${action}`)

test('a merchant has a hundred open bulk cancellations at most, however many are asked for at once', async () => {
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
  // What only counts is no open cancellation, and other merchants have their own hundred.
  expect((await ask({ dry_run: true })).status).toBe(201)
  const { body: merchant } = await own.api('POST', '/v1/merchants', { body: { name: 'Another' } })
  const other = apiClient(own.url, merchant.api_keys[0].secret_key)
  expect((await other('POST', '/v1/cancellations', { body })).status).toBe(201)
})

test('pausing frees a place, and resuming takes it again; a refused request can be sent again with its key', async () => {
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
  // One that runs anyway takes no second place when it is resumed.
  expect((await act(second, 'resume')).status).toBe(200)
  await own.sql.query(
    `update cancellations set status = 'completed', completed_at = now() where id = $1`,
    [second],
  )
  expect((await act(first, 'resume')).body.status).toBe('running')
  expect((await ask()).status).toBe(429)
})
