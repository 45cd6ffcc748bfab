import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import {
  ConnectionError,
  HedgeError,
  HedgePayments,
  InvalidArgumentError,
  InvalidResponseError,
} from '../../../packages/node/src/index.ts'
import { refusal, rejection, startWire, testSecret, withoutWaiting } from './wire.ts'

describe('a request', () => {
  test('of a cancel has the secret key, JSON and a new idempotency key', async () => {
    const wire = await startWire({}, {})
    const hedge = wire.client()
    await hedge.payments.cancel('pay_1', { reason: 'customer_requested' })
    await hedge.payments.cancel('pay_1')
    const [first, second] = wire.requests
    expect(first).toMatchObject({
      method: 'POST',
      url: '/v1/payments/pay_1/cancel',
      body: '{"reason":"customer_requested"}',
    })
    expect(first?.headers).toMatchObject({
      authorization: `Bearer ${testSecret}`,
      'content-type': 'application/json',
      accept: 'application/json',
      'idempotency-key': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'user-agent': expect.stringMatching(/^hedgepayments-node\/\d+\.\d+\.\d+$/),
    })
    expect(second?.body).toBe('{}')
    expect(second?.headers['idempotency-key']).not.toBe(first?.headers['idempotency-key'])
  })

  test('of a GET has no idempotency key, body or content type', async () => {
    const wire = await startWire({})
    await wire.client().payments.retrieve('pay_1')
    expect(wire.requests[0]?.headers).not.toHaveProperty('idempotency-key')
    expect(wire.requests[0]?.headers).not.toHaveProperty('content-type')
    expect(wire.requests[0]?.body).toBe('')
  })

  test('can get its key, ETag and headers from the options of the call, but not the authorization', async () => {
    const wire = await startWire({})
    await wire.client().payments.cancel(
      'pay_1',
      {},
      {
        idempotencyKey: 'order-17',
        ifMatch: '"v3"',
        headers: { 'x-trace': 'abc', Authorization: 'Bearer other' },
      },
    )
    expect(wire.requests[0]?.headers).toMatchObject({
      'idempotency-key': 'order-17',
      'if-match': '"v3"',
      'x-trace': 'abc',
      authorization: `Bearer ${testSecret}`,
    })
  })

  test('treats null as no ETag and no given idempotency key', async () => {
    const wire = await startWire({})
    await wire.client().payments.cancel('pay_1', {}, { ifMatch: null, idempotencyKey: null })
    expect(wire.requests[0]?.headers).not.toHaveProperty('if-match')
    expect(wire.requests[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/)
  })

  test.each(['', '.', '..', '\ud800'])(
    'with the id %j is refused before it is sent',
    async (id) => {
      const wire = await startWire()
      const error = await rejection(wire.client().payments.cancel(id))
      expect(error).toBeInstanceOf(InvalidArgumentError)
      expect(wire.requests).toHaveLength(0)
    },
  )

  test('escapes an id, so that the id stays one segment of the path', async () => {
    const wire = await startWire({})
    await wire.client().payments.retrieve('../keys?x=1#y/%2e%2e')
    expect(wire.requests[0]?.url).toBe('/v1/payments/..%2Fkeys%3Fx%3D1%23y%2F%252e%252e')
  })

  test.each(['', ' ', 'a'.repeat(256), 'ключ', 'a\nb'])(
    'with the idempotency key %j is refused before it is sent',
    async (idempotencyKey) => {
      const wire = await startWire()
      const call = wire.client().payments.cancel('pay_1', {}, { idempotencyKey })
      expect(await rejection(call)).toBeInstanceOf(InvalidArgumentError)
      expect(wire.requests).toHaveLength(0)
    },
  )

  test('with an invalid header is refused, and the error does not show the value', async () => {
    const wire = await startWire()
    const headers = { 'x-remark': 'secret\r\nx-evil: 1' }
    const error = await rejection(wire.client().payments.cancel('pay_1', {}, { headers }))
    expect(error).toBeInstanceOf(InvalidArgumentError)
    expect(String(error)).toContain('x-remark')
    expect(String(error)).not.toContain('secret')
  })

  test('with parameters that JSON cannot contain is refused', async () => {
    const wire = await startWire()
    const hedge = wire.client()
    const payment = { amount: 1, currency: 'USD', customer_email: 'a@example.com' }
    const invalid = hedge.payments.create({ ...payment, expires_at: new Date('garbage') })
    expect(await rejection(invalid)).toBeInstanceOf(InvalidArgumentError)
    const huge = hedge.payments.create({ ...payment, amount: 1n as unknown as number })
    expect(await rejection(huge)).toBeInstanceOf(InvalidArgumentError)
    expect(wire.requests).toHaveLength(0)
  })

  test('may use a base URL with a path', async () => {
    const wire = await startWire({})
    await wire.client({ baseUrl: `${wire.url}/hedge/` }).payments.retrieve('pay_1')
    expect(wire.requests[0]?.url).toBe('/hedge/v1/payments/pay_1')
  })
})

describe('the result of a call', () => {
  test('includes the HTTP answer on request, with a body that can be read', async () => {
    const headers = { 'x-request-id': 'req_7', etag: '"v1"' }
    const wire = await startWire({ headers }, { headers })
    const hedge = wire.client()
    const { data, response, requestId } = await hedge.payments.cancel('pay_1').withResponse()
    expect(data.id).toBe('pay_1')
    expect(requestId).toBe('req_7')
    expect(response.headers.get('etag')).toBe('"v1"')
    expect(await response.json()).toEqual(data)
    expect((await hedge.payments.cancel('pay_1').asResponse()).status).toBe(200)
  })

  test('is a promise with then, catch and finally', async () => {
    const wire = await startWire({}, {}, refusal(404, 'not_found'))
    const hedge = wire.client()
    const call = hedge.payments.retrieve('pay_1')
    expect(call).toBeInstanceOf(Promise)
    expect(await Promise.all([call, call.then((payment) => payment.id)])).toMatchObject([
      { id: 'pay_1' },
      'pay_1',
    ])
    const done = vi.fn()
    await hedge.payments.retrieve('pay_1').finally(done)
    expect(done).toHaveBeenCalledOnce()
    expect(await hedge.payments.retrieve('pay_1').catch((error) => error.code)).toBe('not_found')
  })

  test('is not reported as unhandled if a failure is handled through withResponse', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const wire = await startWire(refusal(404, 'not_found'))
    const error = await rejection(wire.client().payments.retrieve('pay_1').withResponse())
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', unhandled)
    expect(error).toMatchObject({ code: 'not_found' })
    expect(unhandled).not.toHaveBeenCalled()
  })

  test.each(['<html>Welcome</html>', '', 'null', '"x"'])(
    'is an InvalidResponseError that asks about baseUrl for a success with %j',
    async (body) => {
      const wire = await startWire({ body })
      const error = await rejection(wire.client().payments.retrieve('pay_1'))
      expect(error).toBeInstanceOf(InvalidResponseError)
      expect(String(error)).toContain('baseUrl')
    },
  )

  test('of a redirect is an error, so the key is sent to no other server', async () => {
    const other = await startWire({})
    const wire = await startWire({ status: 307, headers: { location: `${other.url}/` }, body: '' })
    const error = await rejection(wire.client().payments.cancel('pay_1'))
    expect(error).toMatchObject({ status: 307, code: 'unexpected_response' })
    expect(other.requests).toHaveLength(0)
  })

  test('of a refused connection is an error with the cause', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    const baseUrl = `http://127.0.0.1:${port}`
    const hedge = new HedgePayments({ apiSecret: testSecret, baseUrl, maxRetries: 0 })
    const error = await rejection(hedge.payments.retrieve('pay_1'))
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toBeInstanceOf(HedgeError)
    expect(String(error)).toContain('ECONNREFUSED')
    expect(error).toMatchObject({ code: 'connection_failed', cause: expect.any(Error) })
  })
})

describe('the log', () => {
  test('has method, path, status, attempt and request id, and no query, body, header or key', async () => {
    withoutWaiting()
    const said: unknown[] = []
    const log = (...line: unknown[]) => said.push(line)
    const logger = { debug: log, info: log, warn: log, error: log }
    const page = { object: 'list', data: [], has_more: false, url: '/v1/payments' }
    const headers = { 'x-request-id': 'req_9' }
    const wire = await startWire(
      refusal(503, 'service_unavailable'),
      { headers, body: page },
      refusal(404, 'not_found'),
    )
    const hedge = wire.client({ logger })
    await hedge.payments.list({ customer_email: 'anna@example.com' })
    await rejection(hedge.payments.cancel('pay_1', { reason: 'private' }))
    expect(said).toMatchObject([
      [expect.stringContaining('retry in 0 ms'), { status: 503, attempt: 1, retryInMs: 0 }],
      [expect.stringMatching(/^GET \/v1\/payments 200 in \d+ ms \(attempt 2\)$/), { attempt: 2 }],
      [expect.stringContaining('/cancel 404 not_found'), { code: 'not_found', status: 404 }],
    ])
    const text = JSON.stringify(said)
    expect(text).toContain('req_9')
    for (const secret of ['anna', 'private', testSecret, 'Bearer']) {
      expect(text).not.toContain(secret)
    }
  })

  test('does not affect the call if the logger throws', async () => {
    const wire = await startWire({})
    const logger = {
      debug: () => {
        throw new Error('disk full')
      },
    }
    expect((await wire.client({ logger }).payments.retrieve('pay_1')).id).toBe('pay_1')
  })
})
