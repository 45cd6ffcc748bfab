import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ConfigError, type Credentials, start } from '../../../packages/server/src/index.ts'
import type { TestDatabase } from '../../support/databases/postgres.ts'
import { createMigratedDatabase } from '../../support/servers/server.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createMigratedDatabase()
})

afterAll(() => database.drop())

const quiet = { PORT: '0', LOG_LEVEL: 'silent' }

test('start serves requests in this process until stop, with the keys that it returns', async () => {
  const created: Credentials[] = []
  const server = await start({
    env: { ...quiet, DATABASE_URL: database.url },
    onKeys: (keys) => created.push(keys),
  })
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  const { publishableKey, secretKey } = server.credentials ?? {}
  expect(created).toEqual([{ publishableKey, secretKey }])
  const payments = await fetch(`${server.url}/v1/payments`, {
    headers: { authorization: `Bearer ${secretKey}` },
  })
  expect(payments.status).toBe(200)
  await server.stop()
  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow('fetch failed')
})

test('start does not read settings from the environment of the process', async () => {
  vi.stubEnv('HEDGE_FEE_FIXED', 'not a number')
  const server = await start({ env: { ...quiet, DATABASE_URL: database.url } })
  await server.stop()
})

test('start refuses a wrong setting, and names it', async () => {
  const error = await start({ env: { ...quiet, PORT: '70000' } }).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ConfigError)
  expect(String(error)).toContain('PORT: expected a whole number from 0 to 65535')
})
