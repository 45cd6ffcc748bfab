import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { apiClient } from '../../support/http/api.ts'
import { limitsNeverReached, type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'
import { createLiveMerchant, createMerchant } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'

const opened: Socket[] = []
let own: OwnApp
let url: URL

beforeAll(async () => {
  own = await startOwnApp(limitsNeverReached)
  url = new URL(own.url)
})

afterAll(() => own?.close())

/** The server and client that create a merchant. */
const origin = () => ({ ...own, servers: [own], database: { url: own.databaseUrl } })

afterEach(() => {
  for (const socket of opened.splice(0)) socket.destroy()
})

interface Answering {
  readonly socket: Socket
  /** Returns the status of the answer. The connection stays open. */
  readonly status: Promise<number>
}

/** Sends a request whose answer stays open if it is granted. */
function ask(path: string, ...lines: string[]): Answering {
  const socket = connect(Number(url.port), url.hostname)
  opened.push(socket)
  const status = new Promise<number>((resolve, reject) => {
    let text = ''
    socket.on('error', reject)
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const found = /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]
      if (found) resolve(Number(found))
    })
  })
  socket.write([`GET ${path} HTTP/1.1`, 'Host: h', ...lines, '', ''].join('\r\n'))
  return { socket, status }
}

const stream = (key: string) => ask('/v1/events/stream', `Authorization: Bearer ${key}`)

const granted = async (all: readonly Answering[]) =>
  (await Promise.all(all.map(({ status }) => status))).filter((status) => status === 200).length

async function makeKeys(secret: string, count: number): Promise<string[]> {
  const api = apiClient(url.origin, secret)
  const made = await Promise.all(
    Array.from({ length: count }, () => api('POST', '/v1/auth/api-keys', { body: {} })),
  )
  return made.map(({ body }) => body.secret_key)
}

test('concurrent streams are limited per key, per merchant and for test mode, and live mode still gets one', async () => {
  const merchants = await Promise.all([createMerchant(origin()), createMerchant(origin())])
  const [first, second] = await Promise.all(merchants.map(({ testKey }) => makeKeys(testKey, 3)))
  const { liveKey } = await createLiveMerchant(origin())
  const ofKey = Array.from({ length: 120 }, () => stream(first?.[0] ?? ''))
  expect(await granted(ofKey)).toBe(100)
  const ofMerchant = Array.from({ length: 120 }, () => stream(first?.[1] ?? ''))
  expect(await granted(ofMerchant)).toBe(100)
  expect(await granted([stream(first?.[2] ?? '')])).toBe(0)
  const ofOther = Array.from({ length: 70 }, () => stream(second?.[0] ?? ''))
  expect(await granted(ofOther)).toBe(50)
  expect(await granted(Array.from({ length: 60 }, () => stream(liveKey)))).toBe(60)
  // Closed streams free their places.
  for (const { socket } of ofMerchant) socket.destroy()
  await until(
    'there is a place again',
    async () => (await granted([stream(second?.[1] ?? '')])) === 1,
  )
})

test('a stream that is refused or fails to start releases its place', async () => {
  const { testKey } = await createMerchant(origin())
  const wrong = () =>
    ask('/v1/events/stream', `Authorization: Bearer ${testKey}`, 'Last-Event-ID: evt_nothing')
  const statuses = await Promise.all(Array.from({ length: 90 }, () => wrong().status))
  expect(new Set(statuses)).toEqual(new Set([400]))
  expect(await granted(Array.from({ length: 90 }, () => stream(testKey)))).toBe(90)
})

test('a session of the dashboard has at most the twenty streams of its key', async () => {
  const { testKey } = await createMerchant(origin())
  const answer = await fetch(`${url.origin}/dashboard/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify({ secret_key: testKey }),
  })
  const cookie = answer.headers.get('set-cookie')?.split(';', 1)[0] ?? ''
  const lines = [`Cookie: ${cookie}`, 'Sec-Fetch-Site: same-origin']
  const asked = Array.from({ length: 30 }, () => ask('/v1/events/stream', ...lines))
  expect(await granted(asked)).toBe(20)
  expect(await granted([stream(testKey)])).toBe(1)
})

test('a payment page that is opened many times has at most twenty streams', async () => {
  const { test: api } = await createMerchant(origin())
  const body = { amount: 9999, currency: 'USD', customer_email: 'a@example.com' }
  const { body: payment } = await api('POST', '/v1/payments', { body })
  const open = () => ask(`/pay/api/${payment.id}/live`)
  expect(await granted(Array.from({ length: 60 }, open))).toBe(20)
  const nowhere = await Promise.all(
    Array.from({ length: 30 }, () => ask('/pay/api/pay_nowhere000000000000000000/live').status),
  )
  for (const status of nowhere) expect([404, 429]).toContain(status)
})
