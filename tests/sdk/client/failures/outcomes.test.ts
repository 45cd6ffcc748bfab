import { describe, expect, test, vi } from 'vitest'
import {
  AbortedError,
  type HedgePayments,
  IdempotencyError,
  NotFoundError,
  RateLimitError,
} from '../../../../packages/node/src/index.ts'
import { type Reply, refusal, rejection, startWire, withoutWaiting } from '../wire.ts'

const inProgress = (headers: Record<string, string> = { 'retry-after': '0' }) =>
  refusal(409, 'idempotency_key_in_use', { headers })

describe('a request whose first attempt is still in progress', () => {
  test('is retried until its result comes, beyond the number of retries', async () => {
    const wire = await startWire(...Array(8).fill(inProgress()), {})
    const warn = vi.fn()
    const payment = await wire.client({ maxRetries: 1, logger: { warn } }).payments.cancel('pay_1')
    expect(payment.id).toBe('pay_1')
    expect(wire.requests).toHaveLength(9)
    expect(new Set(wire.requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
    expect(warn.mock.calls.every(([, fields]) => fields.retryInMs === 100)).toBe(true)
  })

  test.each([
    [{ 'retry-after': '1' }, 1_000],
    [{}, 1_000],
    [{ 'retry-after': '0.2' }, 200],
  ])('is retried as the headers %j say: after %i ms', async (headers, retryInMs) => {
    const wire = await startWire(inProgress(headers), {})
    const warn = vi.fn()
    await wire.client({ logger: { warn } }).payments.cancel('pay_1')
    expect(warn.mock.calls[0]?.[1]).toMatchObject({ status: 409, retryInMs })
  })

  test('fails after the timeout with an error that says that the outcome is unknown', async () => {
    const wire = await startWire(inProgress({ 'retry-after': '30' }))
    const call = wire.client({ timeout: 20_000 }).payments.cancel('pay_1')
    const error = await rejection(call)
    expect(error).toBeInstanceOf(IdempotencyError)
    expect(String(error)).toContain('outcome is unknown')
    const [request] = wire.requests
    expect(error).toMatchObject({
      code: 'idempotency_key_in_use',
      status: 409,
      outcomeUnknown: true,
      retryAfter: 30,
      idempotencyKey: request?.headers['idempotency-key'],
    })
    expect(wire.requests).toHaveLength(1)
  })

  test('is not retried without retries', async () => {
    const wire = await startWire(inProgress())
    const call = wire.client().payments.cancel('pay_1', {}, { maxRetries: 0 })
    expect(await rejection(call)).toMatchObject({ outcomeUnknown: true })
    expect(wire.requests).toHaveLength(1)
  })

  test('is retried until the signal aborts', async () => {
    const wire = await startWire(inProgress({ 'retry-after': '30' }))
    const controller = new AbortController()
    const logger = { warn: () => setImmediate(() => controller.abort()) }
    const client = wire.client({ logger, timeout: 60_000 })
    const error = await rejection(
      client.payments.cancel('pay_1', {}, { signal: controller.signal }),
    )
    expect(error).toBeInstanceOf(AbortedError)
    expect(error).toMatchObject({ outcomeUnknown: true })
    expect(wire.requests).toHaveLength(1)
  })

  test('has a known outcome if it was aborted before it was sent', async () => {
    const wire = await startWire()
    const signal = AbortSignal.abort()
    const error = await rejection(wire.client().payments.cancel('pay_1', {}, { signal }))
    expect(error).toMatchObject({ code: 'aborted', outcomeUnknown: false })
  })
})

describe('the outcome of a failed call', () => {
  const unknown: readonly [string, readonly Reply[]][] = [
    ['a cut connection', ['cut']],
    ['an answer cut in the middle', ['cut body']],
    ['408', [{ status: 408, body: '' }]],
    ['500', [refusal(500, 'internal_error')]],
    ['520', [{ status: 520, body: '' }]],
    ['a success that cannot be read', [{ body: '<html>' }]],
    ['a cut connection and then 429', ['cut', refusal(429, 'rate_limit_exceeded')]],
    ['a cut connection and then 401', ['cut', refusal(401, 'unauthorized')]],
  ]

  test.each(unknown)('is unknown after %s, with the key to repeat it', async (_name, replies) => {
    withoutWaiting()
    const wire = await startWire(...replies)
    const maxRetries = replies.length - 1
    const error = await rejection(wire.client({ maxRetries }).payments.cancel('pay_1'))
    const idempotencyKey = wire.requests[0]?.headers['idempotency-key']
    expect(error).toMatchObject({ outcomeUnknown: true, idempotencyKey })
    expect(idempotencyKey).toMatch(/^[0-9a-f-]{36}$/)
  })

  const decided: readonly [string, readonly Reply[]][] = [
    ['400', [refusal(400, 'invalid_request')]],
    ['412', [refusal(412, 'payment_not_cancelable')]],
    ['425', [{ status: 425, body: '' }]],
    ['429', [refusal(429, 'rate_limit_exceeded')]],
    ['a cut connection and then 412', ['cut', refusal(412, 'payment_not_cancelable')]],
  ]

  test.each(decided)('is known after %s', async (_name, replies) => {
    withoutWaiting()
    const wire = await startWire(...replies)
    const maxRetries = replies.length - 1
    const error = await rejection(wire.client({ maxRetries }).payments.cancel('pay_1'))
    expect(error).toMatchObject({ outcomeUnknown: false })
  })

  test('is never unknown for a read', async () => {
    const wire = await startWire('cut')
    const error = await rejection(wire.client({ maxRetries: 0 }).payments.retrieve('pay_1'))
    expect(error).toMatchObject({ outcomeUnknown: false, idempotencyKey: undefined })
  })
})

describe('the status of a server or proxy error', () => {
  const statuses = [408, 425, 429, 500, 502, 503, 504, 507, 520, 521, 522, 523, 524]
  const page = { status: 0, body: '<html>' }

  test.each(statuses)('%i is retried with the same key', async (status) => {
    withoutWaiting()
    const wire = await startWire({ ...page, status }, {})
    await wire.client().payments.cancel('pay_1')
    const [first, second] = wire.requests
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key'])
  })

  test.each(statuses)('%i is retried for reads and deletions', async (status) => {
    withoutWaiting()
    const wire = await startWire({ ...page, status }, {}, { ...page, status }, {})
    await wire.client().payments.retrieve('pay_1')
    await wire.client().apiKeys.revoke('key_1')
    expect(wire.requests).toHaveLength(4)
  })

  test.each(statuses)(
    '%i is retried for a PATCH with a key, or if the server has begun nothing',
    async (status) => {
      withoutWaiting()
      const wire = await startWire({ ...page, status }, {}, { ...page, status }, {})
      const { endpoints } = wire.client().webhooks
      await endpoints.update('whe_1', {}, { idempotencyKey: 'mine' })
      expect(wire.requests).toHaveLength(2)
      const call = endpoints.update('whe_1', {})
      if (status === 425 || status === 429) await call
      else expect(await rejection(call)).toMatchObject({ status, outcomeUnknown: true })
    },
  )

  test.each([408, 409, 425, 429, 503])('%i has its Retry-After in the error', async (status) => {
    const headers = { 'retry-after': '3600' }
    const wire = await startWire({ status, headers, body: '' })
    const error = await rejection(wire.client().payments.cancel('pay_1'))
    expect(error).toMatchObject({ retryAfter: 3600 })
    expect(wire.requests).toHaveLength(1)
  })

  test.each([501, 505, 526])('%i is final', async (status) => {
    const wire = await startWire({ ...page, status })
    await rejection(wire.client().payments.cancel('pay_1'))
    expect(wire.requests).toHaveLength(1)
  })
})

type Deletion = (hedge: HedgePayments) => Promise<unknown>
const deletions: readonly [string, Deletion, object][] = [
  [
    'a webhook endpoint',
    (hedge) => hedge.webhooks.endpoints.delete('whe_1'),
    { id: 'whe_1', object: 'webhook_endpoint', deleted: true },
  ],
  [
    'a processor',
    (hedge) => hedge.merchants.processor.remove('merch_1'),
    { object: 'merchant_processor', deleted: true },
  ],
]

describe.each(deletions)('the deletion of %s', (_name, remove, result) => {
  const lost: readonly [string, Reply][] = [
    ['the connection was cut', 'cut'],
    ['the answer was cut', 'cut body'],
    ['a gateway timed out', { status: 504, body: '' }],
  ]

  test.each(lost)(
    'succeeds if its answer is lost, because %s, and a retry finds nothing',
    async (_, reply) => {
      withoutWaiting()
      const wire = await startWire(reply, refusal(404, 'not_found'))
      expect(await remove(wire.client())).toEqual(result)
    },
  )

  test('is a NotFoundError if there was nothing to delete, also after a refusal', async () => {
    withoutWaiting()
    const absent = refusal(404, 'not_found')
    const wire = await startWire(absent, refusal(429, 'rate_limit_exceeded'), absent)
    expect(await rejection(remove(wire.client()))).toBeInstanceOf(NotFoundError)
    expect(await rejection(remove(wire.client()))).toBeInstanceOf(NotFoundError)
  })

  test('fails if a proxy answers 404 after a lost answer', async () => {
    withoutWaiting()
    const wire = await startWire('cut', { status: 404, body: '<html>' })
    const error = await rejection(remove(wire.client()))
    expect(error).toMatchObject({ status: 404, code: 'unexpected_response' })
  })
})

test('a read or POST with a lost answer fails if its retry gets 404', async () => {
  withoutWaiting()
  const absent = refusal(404, 'not_found')
  const wire = await startWire('cut', absent, 'cut', absent)
  expect(await rejection(wire.client().payments.retrieve('pay_1'))).toBeInstanceOf(NotFoundError)
  expect(await rejection(wire.client().payments.cancel('pay_1'))).toBeInstanceOf(NotFoundError)
})

test('a persistent rate limit is an error with the time to wait', async () => {
  const headers = { 'retry-after': '61' }
  const wire = await startWire(refusal(429, 'rate_limit_exceeded', { headers }))
  const error = await rejection(wire.client().payments.cancel('pay_1'))
  expect(error).toBeInstanceOf(RateLimitError)
  expect(error).toMatchObject({ retryAfter: 61, outcomeUnknown: false })
})
