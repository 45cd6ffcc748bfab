import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { insertPayments } from '../../support/databases/sql.ts'
import { createPayment } from '../../support/http/api.ts'
import { withServers } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'

const mebibyte = 1024 * 1024
/**
 * The allowed growth of the process: the budget, plus garbage that is not collected yet. Twenty
 * connections at once build large answers before the server knows that they do not fit.
 */
const growthBytesMax = { bodies: 450 * mebibyte, answers: 600 * mebibyte } as const

const fixture = withServers(1)
const opened: Socket[] = []
let url: URL

beforeAll(() => {
  url = new URL(fixture.servers[0]?.url ?? '')
})

afterEach(() => {
  for (const socket of opened.splice(0)) socket.destroy()
})

/** The resident memory of the server's process. */
function memory(): number {
  const status = readFileSync(`/proc/${fixture.servers[0]?.child.pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}

async function open(): Promise<Socket> {
  const socket = connect(Number(url.port), url.hostname)
  opened.push(socket)
  socket.on('error', () => undefined)
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))
  return socket
}

const openMany = (count: number) => Promise.all(Array.from({ length: count }, open))

/** Sends until the server has everything, answers, or stops reading. */
async function sendAll(socket: Socket, head: string, body: Buffer): Promise<void> {
  socket.resume()
  socket.write(head)
  let handedOn = 0
  const size = 64 * 1024
  while (handedOn < body.length && !socket.destroyed) {
    const chunk = body.subarray(handedOn, handedOn + size)
    handedOn += chunk.length
    if (socket.write(chunk)) continue
    const before = socket.bytesWritten - socket.writableLength
    await new Promise((resolve) => setImmediate(resolve))
    if (socket.writableLength > 4 * size && socket.bytesWritten - socket.writableLength === before)
      return
  }
}

/** Checks that a cancel is still answered, and that memory is within its bound. */
async function expectServed(before: number, kind: keyof typeof growthBytesMax): Promise<void> {
  const { id } = await createPayment(fixture.api)
  expect((await fixture.api('POST', `/v1/payments/${id}/cancel`)).status).toBe(200)
  expect((memory() - before) / mebibyte).toBeLessThan(growthBytesMax[kind] / mebibyte)
}

const routes: [name: string, path: string, key: boolean][] = [
  ['the sign-in, without a key', '/dashboard/api/session', false],
  ['an unknown path, without a key', '/nothing/here', false],
  ['the API, with an unknown key', '/v1/payments', false],
  [
    'messages of a processor that there is not',
    '/v1/processors/stripe/webhook/merch_none/live',
    false,
  ],
  ['the API, with a key', '/v1/payments', true],
]

test.skipIf(process.platform !== 'linux').each(routes)(
  'a thousand endless bodies to %s use bounded memory',
  async (_, path, isKeyed) => {
    const key = isKeyed ? fixture.servers[0]?.secretKey : 'sk_test_that_nobody_was_ever_given'
    const before = memory()
    const body = Buffer.alloc(mebibyte - 1_000, ' ')
    const head = [
      `POST ${path} HTTP/1.1`,
      'Host: h',
      'Content-Type: application/json',
      'Sec-Fetch-Site: same-origin',
      ...(path.startsWith('/v1') ? [`Authorization: Bearer ${key}`] : []),
      `Content-Length: ${mebibyte}`,
      '',
      '',
    ].join('\r\n')
    for (let round = 0; round < 10; round++) {
      const sockets = await openMany(100)
      await Promise.all(sockets.map((socket) => sendAll(socket, head, body)))
    }
    await expectServed(before, 'bodies')
  },
)

test.skipIf(process.platform !== 'linux')(
  'unread answers to 150 clients use bounded memory',
  async () => {
    await insertPayments(fixture.sql, { owner: fixture.owner, count: 100 })
    const metadata = Object.fromEntries(
      Array.from({ length: 40 }, (_, n) => [`k${n}`, '支'.repeat(500)]),
    )
    await fixture.sql.query('update payments set metadata = $1', [JSON.stringify(metadata)])
    const before = memory()
    const sockets = await openMany(150)
    for (const socket of sockets) {
      socket.pause()
      const key = fixture.servers[0]?.secretKey
      const request = `GET /v1/payments?limit=100 HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${key}\r\n\r\n`
      // The system itself buffers one answer of about six megabytes. The next answers stay with the server.
      socket.write(request.repeat(4))
    }
    // The account's share is used up, so another large answer is refused, and small answers are not.
    const large = await until('a large answer is refused', async () => {
      const answer = await fixture.api('GET', '/v1/payments?limit=100')
      return answer.status === 200 ? null : answer
    })
    expect([large.status, large.body.error.code]).toEqual([503, 'service_unavailable'])
    await until('all were answered', async () => {
      const metrics = await (await fetch(`${url.origin}/metrics`)).text()
      return /^hedge_http_requests_in_flight\{kind="others"\} 0$/m.test(metrics)
    })
    await expectServed(before, 'answers')
    for (const socket of sockets) socket.destroy()
    await until('the buffered memory is free again', async () => {
      return (await fixture.api('GET', '/v1/payments?limit=100')).status === 200
    })
  },
)

test('a sign-in of more than 4 KiB and a message of more than 512 KiB are refused', async () => {
  const post = (path: string, bytes: number) =>
    fetch(`${url.origin}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
      body: `{"secret_key":"${'['.repeat(bytes)}"}`,
    })
  expect((await post('/dashboard/api/session', 5_000)).status).toBe(413)
  const [{ id }] = await fixture.sql.query('select id from merchants')
  const messages = `/v1/processors/sandbox/webhook/${id}/test`
  expect((await post(messages, 400 * 1024)).status).not.toBe(413)
  expect((await post(messages, 600 * 1024)).status).toBe(413)
})
