import { describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  AbortedError,
  ConnectionError,
  HedgeError,
  RateLimitError,
  ServerError,
  TimeoutError,
} from '../../../../packages/node/src/index.ts'
import { until } from '../../../support/until.ts'
import { refusal, rejection, startWire, withoutWaiting } from '../wire.ts'

describe('a retry', () => {
  const passing = [
    ['500', refusal(500, 'internal_error')],
    ['502', refusal(502, 'processor_unavailable')],
    ['503', refusal(503, 'service_unavailable')],
    ["a proxy's 504", { status: 504, body: '<html>Gateway Timeout</html>' }],
    ['429', refusal(429, 'rate_limit_exceeded')],
    ['409 in use', refusal(409, 'idempotency_key_in_use', { headers: { 'retry-after': '0' } })],
    ['a cut connection', 'cut'],
    ['an answer cut in the middle', 'cut body'],
  ] as const

  test.each(passing)('repeats the idempotency key and the body after %s', async (_name, reply) => {
    withoutWaiting()
    const wire = await startWire(reply, reply, {})
    await wire.client().payments.cancel('pay_1', { reason: 'x' })
    const keys = new Set(wire.requests.map((request) => request.headers['idempotency-key']))
    expect(wire.requests).toHaveLength(3)
    expect(keys.size).toBe(1)
    expect(wire.requests[2]?.body).toBe('{"reason":"x"}')
  })

  const final = [
    [400, 'invalid_request'],
    [401, 'unauthorized'],
    [404, 'not_found'],
    [409, 'idempotency_key_reused'],
    [412, 'payment_not_cancelable'],
    [422, 'invalid_amount'],
    [501, 'not_implemented'],
  ] as const

  test.each(final)('is not made after %i %s', async (status, code) => {
    const wire = await startWire(refusal(status, code))
    const error = await rejection(wire.client().payments.cancel('pay_1'))
    expect(error).toMatchObject({ status, code, requestId: 'req_1' })
    expect(wire.requests).toHaveLength(1)
  })

  test('is made at most maxRetries times, as set for the client or for the call', async () => {
    withoutWaiting()
    const reply = refusal(503, 'service_unavailable')
    const wire = await startWire(reply, reply, reply, reply, reply)
    const hedge = wire.client()
    expect(await rejection(hedge.payments.retrieve('pay_1'))).toBeInstanceOf(ServerError)
    expect(wire.requests).toHaveLength(3)
    await rejection(hedge.payments.retrieve('pay_1', { maxRetries: 0 }))
    expect(wire.requests).toHaveLength(4)
  })

  test('of a PATCH without an idempotency key is made only if nothing was done', async () => {
    withoutWaiting()
    const wire = await startWire(refusal(429, 'rate_limit_exceeded'), 'cut', {})
    const call = wire.client().webhooks.endpoints.update('whe_1', { rotate_secret: true })
    expect(await rejection(call)).toBeInstanceOf(ConnectionError)
    expect(wire.requests).toHaveLength(2)
  })

  test('is not made if Retry-After exceeds the bound: the caller gets the error at once', async () => {
    const headers = { 'retry-after': '3600' }
    const wire = await startWire(refusal(429, 'rate_limit_exceeded', { headers }))
    const error = await rejection(wire.client().payments.cancel('pay_1'))
    expect(error).toBeInstanceOf(RateLimitError)
    expect(error).toMatchObject({ retryAfter: 3600 })
    expect(wire.requests).toHaveLength(1)
  })

  test.each([
    [429, 'rate_limit_exceeded'],
    [503, 'service_unavailable'],
  ])('waits for a Retry-After within the bound: %i', async (status, code) => {
    withoutWaiting()
    const headers = { 'retry-after': '0.2' }
    const wire = await startWire(refusal(status, code, { headers }), {})
    const warn = vi.fn()
    await wire.client({ logger: { warn } }).payments.cancel('pay_1')
    expect(warn.mock.calls[0]?.[1]).toMatchObject({ retryInMs: 200, status })
  })
})

describe('a slow call', () => {
  test('to a silent server is a TimeoutError, after the retries', async () => {
    withoutWaiting()
    const wire = await startWire('hang', 'hang')
    // The timeout passes only after the server has a request, however slow the machine is.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const hedge = wire.client({ timeout: 60_000, maxRetries: 1 })
    const failing = rejection(hedge.payments.cancel('pay_1'))
    for (const count of [1, 2]) {
      await until(`request ${count} is sent`, async () => {
        await vi.advanceTimersByTimeAsync(1)
        return wire.requests.length === count
      })
      await vi.advanceTimersByTimeAsync(60_000)
    }
    const error = await failing
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ code: 'timeout', status: undefined })
    expect(wire.requests).toHaveLength(2)
  })

  test('ends at the deadline even if its fetch ignores the signal', async () => {
    const hedge = (await startWire()).client({ fetch: () => new Promise(() => {}), maxRetries: 0 })
    const error = await rejection(hedge.payments.retrieve('pay_1', { timeout: 20 }))
    expect(error).toBeInstanceOf(TimeoutError)
  })

  test('ends without a retry with the HedgeError of its own fetch', async () => {
    const ended = new HedgeError('the sandbox was stopped', { code: 'sandbox_stopped' })
    const fetch = vi.fn(() => Promise.reject(ended))
    const hedge = (await startWire()).client({ fetch })
    expect(await rejection(hedge.payments.retrieve('pay_1'))).toBe(ended)
    expect(fetch).toHaveBeenCalledTimes(1)
  })

  test('ends by its signal while it waits for the answer', async () => {
    const wire = await startWire('hang')
    const controller = new AbortController()
    const call = wire.client().payments.cancel('pay_1', {}, { signal: controller.signal })
    await vi.waitFor(() => expect(wire.requests).toHaveLength(1))
    controller.abort('changed my mind')
    const error = await rejection(call)
    expect(error).toBeInstanceOf(AbortedError)
    expect(error).toMatchObject({ code: 'aborted', cause: 'changed my mind' })
  })

  test('ends by its signal during the wait before a retry', async () => {
    const headers = { 'retry-after': '30' }
    const wire = await startWire(refusal(429, 'rate_limit_exceeded', { headers }))
    const controller = new AbortController()
    const logger = { warn: () => setImmediate(() => controller.abort()) }
    const call = wire.client({ logger }).payments.cancel('pay_1', {}, { signal: controller.signal })
    expect(await rejection(call)).toBeInstanceOf(AbortedError)
    expect(wire.requests).toHaveLength(1)
  })

  test('sends nothing if its signal is already aborted', async () => {
    const wire = await startWire()
    const call = wire.client().payments.cancel('pay_1', {}, { signal: AbortSignal.abort() })
    expect(await rejection(call)).toBeInstanceOf(AbortedError)
    expect(wire.requests).toHaveLength(0)
  })
})
