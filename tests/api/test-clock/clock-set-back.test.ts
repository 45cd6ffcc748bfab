import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { apiClient } from '../../support/http/api.ts'
import { untilRefused } from '../../support/http/refused.ts'
import { type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'

let own: OwnApp

beforeAll(async () => {
  own = await startOwnApp({})
})

afterEach(() => {
  vi.restoreAllMocks()
})

afterAll(async () => {
  await own?.close()
})

test('a revoked key is refused within 5 seconds although the clock was set back an hour', async () => {
  const { body: key } = await own.api('POST', '/v1/auth/api-keys', { body: {} })
  const api = apiClient(own.url, key.secret_key)
  expect((await api('GET', '/v1/payments')).status).toBe(200)
  const now = Date.now.bind(Date)
  vi.spyOn(Date, 'now').mockImplementation(() => now() - 3_600_000)
  await own.api('DELETE', `/v1/auth/api-keys/${key.id}`)
  await untilRefused(async () => (await api('GET', '/v1/payments')).status)
})
