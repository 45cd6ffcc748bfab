import { once } from 'node:events'
import { connect } from 'node:net'
import { HedgePayments } from '@hedgepayments/node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { countWaiting, fingerprint, lockRows } from '../../support/databases/sql.ts'
import { apiClient, createPayment, paymentBody } from '../../support/http/api.ts'
import { type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'
import { firstKeys } from '../../support/servers/server.ts'
import { until } from '../../support/until.ts'

// Two concurrent requests of each kind, so that a lock on one payment saturates the server.
const two = { burstMax: 2, limitMin: 2 }
let own: OwnApp

beforeAll(async () => {
  own = await startOwnApp({ admission: { cancellations: two, others: two } })
})

afterAll(() => own.close())

/** Runs `work` while two requests of a kind wait for a payment's locked row. Then unlocks the row. */
async function whileFull<T>(action: 'cancel' | 'initiate', work: () => Promise<T>): Promise<T> {
  const { id } = await createPayment(own.api)
  const rival = await own.sql.connect()
  await rival.query('begin')
  await lockRows(rival, [id])
  const body = action === 'initiate' ? { payment_method_token: 'tok_visa' } : {}
  const stalled = [1, 2].map(() => own.api('POST', `/v1/payments/${id}/${action}`, { body }))
  try {
    await until('the concurrency limit is reached', async () => (await countWaiting(own.sql)) >= 1)
    // The second request may wait for the first one's batch. A probe of the same kind shows when it
    // is admitted.
    await until('a third is refused', async () => {
      const probe =
        action === 'cancel'
          ? await own.api('POST', '/v1/payments/pay_unknown/cancel')
          : await own.api('GET', '/v1/payments/pay_unknown')
      return probe.status === 503
    })
    return await work()
  } finally {
    await rival.query('rollback')
    rival.release()
    const statuses = (await Promise.all(stalled)).map(({ status }) => status)
    expect(statuses.sort()).toEqual([200, 412])
  }
}

describe('a server at its concurrency limit', () => {
  test('refuses a request with 503 and Retry-After, changes nothing, and serves a later retry', async () => {
    const { id } = await createPayment(own.api)
    const options = { idempotencyKey: 'tried while it was full' }
    const cancel = () => own.api('POST', `/v1/payments/${id}/cancel`, options)
    await whileFull('cancel', async () => {
      const before = await fingerprint(own.sql)
      const { status, headers, body } = await cancel()
      expect([status, body.error.code]).toEqual([503, 'service_unavailable'])
      expect(headers.get('retry-after')).toBe('1')
      expect(await fingerprint(own.sql)).toBe(before)
    })
    expect((await cancel()).status).toBe(200)
  })

  test('for reads and creates still cancels payments, and answers health checks', async () => {
    const { id } = await createPayment(own.api)
    await whileFull('initiate', async () => {
      const create = await own.api('POST', '/v1/payments', { body: paymentBody() })
      expect(create.status).toBe(503)
      expect((await own.api('POST', `/v1/payments/${id}/cancel`)).status).toBe(200)
      for (const path of ['/healthz', '/readyz', '/metrics']) {
        expect([path, (await fetch(`${own.url}${path}`)).status]).toEqual([path, 200])
      }
      const metrics = await (await fetch(`${own.url}/metrics`)).text()
      expect(metrics).toMatch(/^hedge_http_requests_shed_total\{kind="others"\} [1-9]/m)
      expect(metrics).toMatch(/^hedge_http_requests_in_flight\{kind="others"\} 2$/m)
    })
  })

  test('for cancels still serves reads', async () => {
    const { id } = await createPayment(own.api)
    await whileFull('cancel', async () => {
      expect((await own.api('GET', `/v1/payments/${id}`)).status).toBe(200)
    })
  })

  test('refuses before it checks the key, and answers 401 for a bad key once it has capacity', async () => {
    const stranger = apiClient(own.url, 'sk_test_nobody_has_this_one')
    await whileFull('initiate', async () => {
      const { status, headers } = await stranger('GET', '/v1/payments')
      expect(status).toBe(503)
      // Refused before authentication, so it must not count against the limit of the address.
      const again = await stranger('GET', '/v1/payments')
      const left = (answer: Headers) => answer.get('x-ratelimit-remaining')
      expect(left(again.headers)).toBe(left(headers))
    })
    expect((await stranger('GET', '/v1/payments')).status).toBe(401)
  })

  test('refuses a body before reading it', async () => {
    await whileFull('initiate', async () => {
      const { hostname, port } = new URL(own.url)
      const socket = connect(Number(port), hostname)
      socket.write(
        'POST /v1/payments HTTP/1.1\r\nHost: h\r\nContent-Length: 9000\r\n' +
          'Content-Type: application/json\r\n\r\n{',
      )
      const [answer] = await once(socket, 'data')
      expect(String(answer)).toContain('HTTP/1.1 503 ')
      socket.destroy()
    })
  })

  test('is retried by the SDK after Retry-After, which then gets the answer', async () => {
    const { id } = await createPayment(own.api)
    let letGo: () => void = () => undefined
    const refused = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const hedge = new HedgePayments({
      apiSecret: firstKeys.secretKey,
      baseUrl: own.url,
      fetch: async (url, init) => {
        const response = await fetch(url, init)
        if (response.status === 503) letGo()
        return response
      },
    })
    const canceled = await whileFull('cancel', async () => {
      const running = hedge.payments.cancel(id)
      await refused
      return { running }
    })
    expect((await canceled.running).status).toBe('canceled')
  })
})

test('bodies sent in small pieces do not use the capacity for whole requests', async () => {
  const { hostname, port } = new URL(own.url)
  const sockets = Array.from({ length: 20 }, () => connect(Number(port), hostname))
  const head =
    `POST /v1/payments HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${firstKeys.secretKey}\r\n` +
    'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{'
  await Promise.all(sockets.map((socket) => new Promise((done) => socket.write(head, done))))
  expect((await own.api('GET', '/v1/payments')).status).toBe(200)
  expect((await own.api('POST', '/v1/payments', { body: paymentBody() })).status).toBe(201)
  for (const socket of sockets) socket.destroy()
})

test('a client that retries too early during a flood is not read again until its Retry-After has passed', async () => {
  const { hostname, port } = new URL(own.url)
  const ask = `GET /v1/payments HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${firstKeys.secretKey}\r\n\r\n`
  // More than random refusals could keep busy.
  const sockets = Array.from({ length: 60 }, () => connect(Number(port), hostname))
  const answers: string[] = []
  for (const socket of sockets) {
    socket.setEncoding('latin1')
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      answers.push(String(chunk).slice(9, 12))
      socket.write(ask)
    })
    socket.write(ask)
  }
  try {
    const count = (status: string) => answers.filter((answer) => answer === status).length
    // The pauses begin once the server has found that this is a flood.
    await until('the first are served', () => count('200') >= 100, { patience: 3 })
    const [startedAtMs, refusedBefore] = [performance.now(), count('503')]
    await until('two hundred more are served', () => count('200') >= 300, { patience: 3 })
    // A client is refused about once a second. Without the pause it would be refused hundreds of times.
    const secondsMax = (performance.now() - startedAtMs) / 1000 + 2
    expect(count('503') - refusedBefore).toBeLessThanOrEqual(3 * sockets.length * secondsMax)
    expect((await own.api('POST', '/v1/payments/pay_unknown/cancel')).status).toBe(404)
  } finally {
    for (const socket of sockets) socket.destroy()
  }
})
