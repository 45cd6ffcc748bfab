import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, apiClient } from '../../support/http/api.ts'
import { makeLiveKey } from '../../support/servers/live-key.ts'
import { startServer, type TestServer } from '../../support/servers/server.ts'
import { withServers } from '../../support/servers/servers.ts'

const https = { HEDGE_PUBLIC_URL: 'https://pay.example.com' }
const fixture = withServers(1, https)
let liveKey: string
let behindProxy: TestServer

beforeAll(async () => {
  liveKey = await makeLiveKey(fixture.database.url, fixture.owner.merchant_id)
  const env = { ...https, HEDGE_TRUSTED_PROXIES: '10.0.0.5' }
  behindProxy = await startServer({ databaseUrl: fixture.database.url, env })
})

afterAll(async () => {
  await behindProxy?.stop()
})

const create = (api: Api) =>
  api('POST', '/v1/payments', {
    body: { amount: 9999, currency: 'USD', customer_email: 'a@example.com' },
  })

test('behind an https address without trusted proxies, live mode gets 503 and test mode is served', async () => {
  const refused = await create(apiClient(fixture.servers[0]?.url ?? '', liveKey))
  expect([refused.status, refused.body.error.code]).toEqual([503, 'service_unavailable'])
  expect(refused.body.error.message).toContain('HEDGE_TRUSTED_PROXIES')
  expect((await create(fixture.api)).status).toBe(201)
  const served = await create(apiClient(behindProxy.url, liveKey))
  expect(served.status).toBe(201)
  const page = (server: string | undefined) =>
    fetch(`${server}/pay/api/${served.body.id}`).then(({ status }) => status)
  expect(await page(fixture.servers[0]?.url)).toBe(503)
  expect(await page(behindProxy.url)).toBe(200)
})

test('signing in with a live key gets 503 without trusted proxies', async () => {
  const signIn = (server: string | undefined) =>
    fetch(`${server}/dashboard/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
      body: JSON.stringify({ secret_key: liveKey }),
    }).then(({ status }) => status)
  expect(await signIn(fixture.servers[0]?.url)).toBe(503)
  expect(await signIn(behindProxy.url)).toBe(201)
})

test('without trusted proxies a server with live keys does not start, and one without live keys logs the variable', async () => {
  const started = startServer({ databaseUrl: fixture.database.url, env: https })
  await expect(started).rejects.toThrow('HEDGE_TRUSTED_PROXIES: expected the addresses')
  expect(fixture.servers[0]?.log()).toContain('HEDGE_TRUSTED_PROXIES is not set')
})
