import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { paymentBody } from '../../support/http/api.ts'
import { sendRaw } from '../../support/http/raw-http.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { until } from '../../support/until.ts'

const fixture = withMerchant()
const opened: Socket[] = []

afterEach(() => {
  for (const socket of opened.splice(0)) socket.destroy()
})

const body = JSON.stringify(paymentBody())
const url = () => fixture.servers[0]?.url ?? ''
const withKey = () => `Authorization: Bearer ${fixture.servers[0]?.secretKey}`

/** The head of a request whose body waits for `100 Continue`. */
const headOf = (request: string, ...lines: string[]) =>
  [
    `${request} HTTP/1.1`,
    'Host: h',
    'Content-Type: application/json',
    'Expect: 100-continue',
    ...lines,
    '',
    '',
  ].join('\r\n')

const length = (bytes = body.length) => `Content-Length: ${bytes}`

/** A connection, and everything received on it. */
async function open() {
  const { hostname, port } = new URL(url())
  const socket = connect(Number(port), hostname)
  opened.push(socket)
  const come = { text: '' }
  socket.on('data', (chunk: Buffer) => {
    come.text += chunk.toString()
  })
  await once(socket, 'connect')
  return { socket, come }
}

describe('a body sent with Expect: 100-continue', () => {
  test.each([
    ['without a key', () => headOf('POST /v1/payments', length()), 401],
    [
      'with a key that nobody has',
      () => headOf('POST /v1/payments', length(), 'Authorization: Bearer sk_test_nobody'),
      401,
    ],
    ['on an unknown path', () => headOf('POST /v1/nothing', length(), withKey()), 404],
    ['without a key on a path outside the API', () => headOf('POST /nothing', length()), 404],
    [
      'with two keys',
      () => headOf('POST /v1/payments', length(), withKey(), 'Authorization: Bearer sk_test_two'),
      400,
    ],
    [
      'of more bytes than the path takes',
      () => headOf('POST /v1/payments', length(2 * 1024 * 1024), withKey()),
      413,
    ],
    [
      'of more bytes than a sign-in takes',
      () => headOf('POST /dashboard/api/session', length(5_000), 'Sec-Fetch-Site: same-origin'),
      413,
    ],
    [
      'from a processor of an unknown merchant',
      () => headOf('POST /v1/processors/stripe/webhook/merch_none/live', length()),
      404,
    ],
  ])('is not requested if the request is refused: %s', async (_, head, status) => {
    // The server closes the connection, because the client may have sent the body or not.
    const answer = await sendRaw(url(), head())
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(answer).not.toContain('100 Continue')
  })

  test('is requested once the key is checked, and the request is then served', async () => {
    const { socket, come } = await open()
    socket.write(headOf('POST /v1/payments', length(), withKey()))
    await until('the body is requested', () => come.text !== '')
    expect(come.text).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    socket.write(body)
    await until('the request is answered', () => come.text.includes('"status":"pending"'))
    expect(come.text).toContain('HTTP/1.1 201 Created')
    // The connection can still be used.
    socket.write(headOf('GET /v1/payments?limit=1', withKey()))
    await until('the next request is answered', () => come.text.includes('HTTP/1.1 200 OK'))
  })

  test('may be sent without waiting', async () => {
    const { socket, come } = await open()
    socket.write(headOf('POST /v1/payments', length(), withKey()) + body)
    await until('the request is answered', () => come.text.includes('"status":"pending"'))
    expect(come.text).toContain('HTTP/1.1 201 Created')
  })

  test('may be chunked', async () => {
    const { socket, come } = await open()
    socket.write(headOf('POST /v1/payments', 'Transfer-Encoding: chunked', withKey()))
    await until('the body is requested', () => come.text.includes('100 Continue'))
    socket.write(`${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`)
    await until('the request is answered', () => come.text.includes('HTTP/1.1 201 Created'))
  })
})
