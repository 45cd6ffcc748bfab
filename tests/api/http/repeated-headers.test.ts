import { beforeAll, describe, expect, test } from 'vitest'
import { fingerprint } from '../../support/databases/sql.ts'
import { createPayment } from '../../support/http/api.ts'
import { readRaw, sendRaw } from '../../support/http/raw-http.ts'
import { withMerchant } from '../../support/servers/merchant.ts'

const fixture = withMerchant()
let id: string

beforeAll(async () => {
  id = (await createPayment(fixture.api)).id
})

/** A create with an authorization header, plus the given header lines. */
async function create(lines: string[], { authorization }: { authorization?: string } = {}) {
  const body = JSON.stringify({ amount: 9999, currency: 'USD', customer_email: 'a@example.com' })
  return await send({ method: 'POST', path: '/v1/payments', lines, body, authorization })
}

async function send(given: {
  method: string
  path: string
  lines: string[]
  body?: string
  authorization?: string | undefined
}) {
  const { method, path, lines, body } = given
  const [server] = fixture.servers
  const authorization = given.authorization ?? `Bearer ${server?.secretKey}`
  const own = [
    'Host: hedge',
    ...(authorization === '' ? [] : [`Authorization: ${authorization}`]),
    'Connection: close',
    ...(body === undefined
      ? []
      : ['Content-Type: application/json', `Content-Length: ${body.length}`]),
  ]
  const head = [`${method} ${path} HTTP/1.1`, ...own, ...lines]
  return readRaw(await sendRaw(server?.url ?? '', `${head.join('\r\n')}\r\n\r\n${body ?? ''}`))
}

async function countPayments(): Promise<number> {
  const [{ count }] = await fixture.sql.query(
    'select count(*)::integer as count from payments where merchant_id = $1',
    [fixture.owner.merchant_id],
  )
  return count
}

describe('a single-value header that is sent twice gets 400 with its name, and nothing changes', () => {
  test.each([
    ['Idempotency-Key', ['Idempotency-Key: k1', 'Idempotency-Key: k1']],
    ['Idempotency-Key', ['Idempotency-Key: k1', 'idempotency-key: k2']],
    ['Idempotency-Key', ['IDEMPOTENCY-KEY:k1', 'X-Between: x', 'Idempotency-Key:\t k1 \t']],
    ['Idempotency-Key', ['Idempotency-Key: k1', 'Idempotency-Key:']],
    ['Idempotency-Key', ['Idempotency-Key:', 'Idempotency-Key: k1']],
    ['Host', ['host: hedge']],
    ['Host', ['Host: elsewhere']],
    ['Content-Type', ['content-type: application/json']],
    ['Content-Type', ['Content-Type: text/plain']],
    ['Content-Length', ['Content-Length: 71']],
    ['Content-Length', ['Content-Length: 1']],
    ['Origin', ['Origin: https://a.example', 'Origin: https://b.example']],
    ['Cookie', ['Cookie: a=b', 'Cookie: c=d']],
    ['Sec-Fetch-Site', ['Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site: cross-site']],
    ['Traceparent', ['traceparent: 00-a', 'traceparent: 00-b']],
    ['User-Agent', ['User-Agent: a', 'User-Agent: b']],
    ['Referer', ['Referer: a', 'Referer: b']],
  ])('%s: %j', async (name, lines) => {
    const before = await fingerprint(fixture.sql, fixture.owner)
    const { status, body } = await create(lines)
    expect(body.error).toMatchObject({ code: 'invalid_request', details: { field: name } })
    expect(status).toBe(400)
    expect(JSON.stringify(body)).not.toMatch(/k1|elsewhere|a\.example/)
    expect(await fingerprint(fixture.sql, fixture.owner)).toBe(before)
  })

  test('when thousands of other lines are between the two', async () => {
    const between = Array.from({ length: 2_500 }, () => 'a:')
    const { status, body } = await create(['Idempotency-Key: k', ...between, 'Idempotency-Key: l'])
    expect([status, body.error.details.field]).toEqual([400, 'Idempotency-Key'])
  })

  test('Authorization: two keys get 400, whether equal, good or bad', async () => {
    const { secretKey = '' } = fixture.servers[0] ?? {}
    for (const [first, second] of [
      [secretKey, secretKey],
      [secretKey, 'sk_test_nobody_has_this_one_at_all'],
      ['sk_test_nobody_has_this_one_at_all', secretKey],
    ]) {
      const authorization = `Bearer ${first}`
      const { status, body } = await create([`authorization: Bearer ${second}`], { authorization })
      expect([status, body.error.details.field]).toEqual([400, 'Authorization'])
      expect(JSON.stringify(body)).not.toContain('sk_test_')
    }
  })

  test('unless the key is bad: then the answer is 401', async () => {
    const authorization = 'Bearer sk_test_nobody_has_this_one_at_all'
    const { status } = await create(['Idempotency-Key: k', 'Idempotency-Key: k'], { authorization })
    expect(status).toBe(401)
    const none = await create(['Host: a', 'Content-Type: b'], { authorization: '' })
    expect(none.status).toBe(401)
  })

  test('Last-Event-ID: on the event stream', async () => {
    const lines = ['Last-Event-ID: evt_1', 'last-event-id: evt_2']
    const { status, body } = await send({ method: 'GET', path: '/v1/events/stream', lines })
    expect([status, body.error.details.field]).toEqual([400, 'Last-Event-ID'])
  })

  test('Stripe-Signature: on a webhook of the processor', async () => {
    const path = `/v1/processors/stripe/webhook/${fixture.owner.merchant_id}/test`
    const lines = ['Stripe-Signature: t=1,v1=a', 'Stripe-Signature: t=1,v1=b']
    const request = { method: 'POST', path, lines, body: '{}', authorization: '' }
    const { status, body } = await send(request)
    expect([status, body.error.details.field]).toEqual([400, 'Stripe-Signature'])
  })

  test.each([
    ['GET', '/pay/api/pay_1'],
    ['GET', '/pay/assets/none.js'],
    ['GET', '/dashboard/api/session'],
    ['DELETE', '/dashboard/api/session'],
    ['GET', '/docs'],
    ['GET', '/healthz'],
    ['GET', '/nowhere'],
    ['GET', '/v1/%ff'],
  ])('%s %s: outside of the operations of the API', async (method, path) => {
    const { status, body } = await send({ method, path, lines: ['Origin: a', 'Origin: b'] })
    expect([status, body.error?.details.field]).toEqual([400, 'Origin'])
  })
})

describe('a list header may be sent in several lines', () => {
  test('If-Match: the lines are one list', async () => {
    const payment = (await createPayment(fixture.api)).id
    const path = `/v1/payments/${payment}/cancel`
    const other = await send({ method: 'POST', path, lines: ['If-Match: "7"', 'If-Match: "8"'] })
    expect([other.status, other.body.error.code]).toEqual([412, 'precondition_failed'])
    const { status } = await send({
      method: 'POST',
      path,
      lines: ['If-Match: "7"', 'If-Match: "1"'],
    })
    expect(status).toBe(200)
  })

  test.each([
    [['X-Forwarded-For: 10.0.0.1', 'X-Forwarded-For: 10.0.0.2']],
    [['Accept: application/json', 'Accept: text/html']],
    [['Via: a', 'Via: b']],
    [['X-Anything: a', 'X-Anything: b']],
    [['tracestate: a=1', 'tracestate: b=2']],
  ])('%j', async (lines) => {
    const { status } = await send({ method: 'GET', path: `/v1/payments/${id}`, lines })
    expect(status).toBe(200)
  })
})

describe('repeated values other than headers', () => {
  test.each([
    ['amount', '{"amount":1,"amount":2,"currency":"USD","customer_email":"a@example.com"}'],
    ['amount', '{"amount":1,"am\\u006funt":1,"currency":"USD","customer_email":"a@example.com"}'],
    ['k', '{"amount":1,"currency":"USD","customer_email":"a@b.ch","metadata":{"k":"a","k":"b"}}'],
  ])('a repeated field %s of a body gets 400 with its name', async (field, body) => {
    const before = await countPayments()
    const answer = await send({ method: 'POST', path: '/v1/payments', lines: [], body })
    expect(answer.body.error).toMatchObject({ code: 'invalid_request', details: { field } })
    expect(answer.status).toBe(400)
    expect(await countPayments()).toBe(before)
  })

  describe('of the dashboard', () => {
    const path = '/dashboard/api/session'
    let cookie: string

    beforeAll(async () => {
      const [server] = fixture.servers
      const signedIn = await fetch(`${server?.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
        body: JSON.stringify({ secret_key: server?.secretKey }),
      })
      cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? ''
    })

    test('two session cookies are treated as none', async () => {
      const isSignedIn = async (cookies: string) => {
        const lines = [`Cookie: ${cookies}`]
        const { body } = await send({ method: 'GET', path, lines, authorization: '' })
        return body.signed_in
      }
      expect(await isSignedIn(`a=b; ${cookie}`)).toBe(true)
      expect(await isSignedIn(`${cookie}; hedge_session=x`)).toBe(false)
      expect(await isSignedIn(`hedge_session=x; ${cookie}`)).toBe(false)
      expect(await isSignedIn(`${cookie}; ${cookie}`)).toBe(false)
    })

    test.each(['range=day&range=week', 'range=day&range=day', 'range[]=day', 'range[a]=day'])(
      'the repeated parameter ?%s gets 400 with its name',
      async (query) => {
        const lines = [`Cookie: ${cookie}`, 'Sec-Fetch-Site: same-origin']
        const stats = `/dashboard/api/stats?${query}`
        const answer = await send({ method: 'GET', path: stats, lines, authorization: '' })
        expect([answer.status, answer.body.error.details.field]).toEqual([400, 'range'])
      },
    )
  })
})
