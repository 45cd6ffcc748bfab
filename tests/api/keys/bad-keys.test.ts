import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { RateLimiter } from '../../../packages/server/src/http/limits/rate-limit.ts'
import { countWaiting } from '../../support/databases/sql.ts'
import { apiClient } from '../../support/http/api.ts'
import { sendRaw } from '../../support/http/raw-http.ts'
import { type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'

let own: OwnApp

/** `npm test` lowers the limits of requests and look-ups by this factor, to send fewer of them. */
const part = size({ quick: 1 / 10, all: 1 })

beforeAll(async () => {
  own = await startOwnApp({})
})

beforeEach(() => {
  // Always the same minute, because every new minute resets the counters.
  vi.spyOn(Date, 'now').mockReturnValue(Date.now())
  const { count } = RateLimiter.prototype
  vi.spyOn(RateLimiter.prototype, 'count').mockImplementation(function (this: RateLimiter, of) {
    return count.call(this, { ...of, limit: of.limit * part })
  })
})

afterAll(() => own?.close())

const path = '/v1/payments?limit=1'

/** Sends malformed keys, which need no look-up, until the address has reached its limit of this minute. */
async function flood(url: string): Promise<void> {
  const line = `GET ${path} HTTP/1.1\r\nHost: h\r\nAuthorization: none\r\n`
  // On one connection, to save the test's own time.
  const requests = `${line}\r\n`.repeat(400).concat(`${line}Connection: close\r\n\r\n`)
  for (;;) {
    const answers = await sendRaw(url, requests)
    const statuses = [...answers.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => status)
    expect(statuses.length).toBeGreaterThan(0)
    if (statuses.every((status) => status === '429')) return
  }
}

/** Reads a session of the dashboard, as its pages do. */
function askAsPage(token: string) {
  const headers = { cookie: `hedge_session=${token}`, 'sec-fetch-site': 'same-origin' }
  return apiClient(own.url, null)('GET', path, { headers })
}

async function signIn(secretKey: string): Promise<{ status: number; token: string }> {
  const answer = await fetch(`${own.url}/dashboard/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify({ secret_key: secretKey }),
  })
  await answer.arrayBuffer()
  const cookie = answer.headers.get('set-cookie') ?? ''
  return { status: answer.status, token: /hedge_session=([^;]+)/.exec(cookie)?.[1] ?? '' }
}

test('an address that sends too many bad keys is refused, but not its valid keys and sessions', async () => {
  const { url, api } = own
  const { body: key } = await api('POST', '/v1/auth/api-keys', { body: {} })
  const { token } = await signIn(key.secret_key)
  await flood(url)
  const bad = await apiClient(url, 'sk_test_that_nobody_was_ever_given')('GET', path)
  expect([bad.status, bad.body.error.code]).toEqual([429, 'rate_limit_exceeded'])
  expect(Number(bad.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await askAsPage('x'.repeat(43))).status).toBe(429)
  const { body: unseen } = await api('POST', '/v1/auth/api-keys', { body: {} })
  expect((await apiClient(url, unseen.secret_key)('GET', path)).status).toBe(200)
  expect((await askAsPage(token)).status).toBe(200)
  const signedIn = await signIn(unseen.secret_key)
  expect(signedIn.status).toBe(201)
  expect((await askAsPage(signedIn.token)).status).toBe(200)
})

test('unknown keys are looked up one at a time once there are too many, and a valid key among them is found', async () => {
  const { url, api, sql } = own
  const { body: unseen } = await api('POST', '/v1/auth/api-keys', { body: {} })
  let made = 0
  const tryKey = () => apiClient(url, `sk_test_of_nobody_number_${++made}`)('GET', path)
  for (let round = 0; round < 7 * part; round++) {
    await Promise.all(Array.from({ length: 100 }, tryKey))
  }
  const holder = await sql.connect()
  try {
    await holder.query('begin')
    await holder.query('lock table api_keys in access exclusive mode')
    const bad = Array.from({ length: 50 }, tryKey)
    const good = apiClient(url, unseen.secret_key)('GET', path)
    await until('a look-up waits', async () => (await countWaiting(sql)) > 0)
    // A different path, so this is not a look-up of an unknown key. All earlier requests have arrived.
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    expect(await countWaiting(sql)).toBe(1)
    await holder.query('rollback')
    expect((await good).status).toBe(200)
    for (const { status } of await Promise.all(bad)) expect([401, 429]).toContain(status)
  } finally {
    holder.release(true)
  }
})
