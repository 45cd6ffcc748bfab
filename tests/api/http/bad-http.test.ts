import { beforeAll, expect, test } from 'vitest'
import { fingerprint } from '../../support/databases/sql.ts'
import { createPayment } from '../../support/http/api.ts'
import { readRaw, sendRaw } from '../../support/http/raw-http.ts'
import { withMerchant } from '../../support/servers/merchant.ts'

const fixture = withMerchant()
let id: string
let before: string

beforeAll(async () => {
  id = (await createPayment(fixture.api)).id
  before = await fingerprint(fixture.sql, fixture.owner)
})

function cancelWith(lines: string[], body = ''): Promise<string> {
  const server = fixture.servers[0]
  const head = [
    `POST /v1/payments/${id}/cancel HTTP/1.1`,
    'Host: hedge',
    `Authorization: Bearer ${server?.secretKey}`,
    'Connection: close',
    ...lines,
  ]
  return sendRaw(server?.url ?? '', `${head.join('\r\n')}\r\n\r\n${body}`)
}

const requests: [name: string, lines: string[], body?: string][] = [
  ['a header of 20 KB', [`X-Flood: ${'x'.repeat(20_000)}`]],
  ['five thousand headers', Array.from({ length: 5_000 }, (_, i) => `X-${i}: x`)],
  ['a header without a colon', ['nonsense']],
  ['a NUL in a header', ['X-Nul: a\0b']],
  ['two lengths', ['Content-Length: 2', 'Content-Length: 3'], '{}'],
  ['a negative length', ['Content-Length: -1']],
  ['a length and chunks', ['Content-Length: 2', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
  [
    'chunks that are none',
    ['Content-Type: application/json', 'Transfer-Encoding: chunked'],
    'zz\r\n{}\r\n0\r\n\r\n',
  ],
]

test.each(requests)(
  '%s: 400 in the form of the API, and nothing changes',
  async (_, lines, body) => {
    const answer = readRaw(await cancelWith(lines, body))
    expect([answer.status, answer.body.error.code]).toEqual([400, 'invalid_request'])
    expect(answer.head).toContain('x-request-id: req_')
    expect(answer.head).toMatch(/^x-ratelimit-limit: \d+$/m)
    expect(answer.head).toMatch(/^x-ratelimit-remaining: \d+$/m)
    expect(answer.head).toMatch(/^x-ratelimit-reset: \d{10}$/m)
    expect(await fingerprint(fixture.sql, fixture.owner)).toBe(before)
  },
)

test.each([
  ['not HTTP at all', 'nonsense\r\n\r\n'],
  ['another protocol', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['a path of 20 KB', `POST /v1/payments/${'a'.repeat(20_000)}/cancel HTTP/1.1\r\nHost: h\r\n\r\n`],
  ['an unknown method', 'BREW /v1/payments HTTP/1.1\r\nHost: h\r\n\r\n'],
])('%s: 400, and the server continues', async (_, request) => {
  const answer = readRaw(await sendRaw(fixture.servers[0]?.url ?? '', request))
  expect([answer.status, answer.body.error.code]).toEqual([400, 'invalid_request'])
  expect((await fixture.api('GET', `/v1/payments/${id}`)).body.status).toBe('pending')
})

test('the method QUERY without a body gets 405', async () => {
  const server = fixture.servers[0]
  const head = `QUERY /v1/payments HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${server?.secretKey}`
  const answer = readRaw(await sendRaw(server?.url ?? '', `${head}\r\nConnection: close\r\n\r\n`))
  expect([answer.status, answer.body.error.code]).toEqual([405, 'method_not_allowed'])
})

test('a request without Host gets 400, with the headers of every answer', async () => {
  const server = fixture.servers[0]
  const head = `GET /v1/payments HTTP/1.1\r\nAuthorization: Bearer ${server?.secretKey}\r\nConnection: close`
  const answer = readRaw(await sendRaw(server?.url ?? '', `${head}\r\n\r\n`))
  expect([answer.status, answer.body.error.details?.field]).toEqual([400, 'Host'])
  for (const name of ['x-request-id', 'x-ratelimit-limit']) expect(answer.head).toContain(name)
})

test('HEAD of the event stream ends with 404', async () => {
  const server = fixture.servers[0]
  const head = `HEAD /v1/events/stream HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${server?.secretKey}`
  const answer = await sendRaw(server?.url ?? '', `${head}\r\nConnection: close\r\n\r\n`)
  expect(answer).toContain('HTTP/1.1 404 Not Found')
})

test('an unknown Expect header is ignored', async () => {
  const lines = ['Expect: 200-ok', 'If-Match: "99"', 'Content-Length: 0']
  expect(readRaw(await cancelWith(lines)).body.error.code).toBe('precondition_failed')
})

test('a chunked body is read', async () => {
  const { id: other } = await createPayment(fixture.api)
  const server = fixture.servers[0]
  const head = [
    `POST /v1/payments/${other}/cancel HTTP/1.1`,
    'Host: hedge',
    `Authorization: Bearer ${server?.secretKey}`,
    'Connection: close',
    'Content-Type: application/json',
    'Transfer-Encoding: chunked',
  ].join('\r\n')
  const answer = await sendRaw(
    server?.url ?? '',
    `${head}\r\n\r\n5\r\n{"rea\r\n9\r\nson":"x"}\r\n0\r\n\r\n`,
  )
  expect(answer).toContain('200 OK')
  expect(answer).toContain('"cancellation_reason":"x"')
})

test.each(['%00', '%2e%2e/x', '%2e%2e%2fx', '..%5cx', 'a%00.js', './x', '//x'])(
  'a file named %s gets 404 in the form of the API',
  async (name) => {
    for (const folder of ['pay', 'dashboard']) {
      const head = [`GET /${folder}/assets/${name} HTTP/1.1`, 'Host: hedge', 'Connection: close']
      const answer = readRaw(
        await sendRaw(fixture.servers[0]?.url ?? '', `${head.join('\r\n')}\r\n\r\n`),
      )
      expect([answer.status, answer.body.error.code], folder).toEqual([404, 'not_found'])
    }
  },
)
