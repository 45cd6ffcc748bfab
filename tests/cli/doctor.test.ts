import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestDatabase } from '../support/databases/postgres.ts'
import { createMigratedDatabase, startServer, type TestServer } from '../support/servers/server.ts'
import { environmentOf, hedge } from './hedge.ts'

interface Check {
  name: string
  status: string
  message: string
}

let database: TestDatabase
let server: TestServer

beforeAll(async () => {
  database = await createMigratedDatabase()
  server = await startServer({ databaseUrl: database.url })
})

afterAll(async () => {
  await server?.stop()
  await database?.drop()
})

describe('hedge doctor', () => {
  test('finds a server in good health well, down to the key and the database', async () => {
    const env = { ...environmentOf(server), DATABASE_URL: database.url, HEDGE_DATA_DIR: '.' }
    const { code, stdout, stderr } = await hedge(['doctor'], env)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const name of ['server', 'ready', 'clock', 'key', 'database', 'migrations', 'tasks']) {
      expect(stdout).toMatch(new RegExp(`^ok +${name} `, 'm'))
    }
    expect(stdout).toMatch(/ key .*test mode, scopes: all/)
    expect(stdout).toMatch(/ disk .*GiB/)
    expect(stdout).not.toContain(server.secretKey)
  })

  test('says what is wrong with the key', async () => {
    const env = { ...environmentOf(server), HEDGE_API_SECRET: 'sk_test_nobody_has_this_key' }
    const { code, stdout } = await hedge(['doctor', '--json'], env)
    expect(code).toBe(1)
    const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Check[] }
    expect(ok).toBe(false)
    expect(checks.find(({ name }) => name === 'server')?.status).toBe('ok')
    expect(checks.find(({ name }) => name === 'key')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('unauthorized'),
    })
  })

  test('works while the server is down, and checks the database', async () => {
    const env = {
      ...environmentOf(server),
      HEDGE_BASE_URL: 'http://127.0.0.1:1',
      DATABASE_URL: database.url,
    }
    const { code, stdout } = await hedge(['doctor'], env)
    expect(code).toBe(1)
    expect(stdout).toMatch(/^fail +server +http:\/\/127\.0\.0\.1:1 does not answer/m)
    expect(stdout).toMatch(/^ok +migrations /m)
  })

  test('an address that is none is a failure that says why, without its password', async () => {
    const url = 'postgres://me:hunter2@a,b/x?target_session_attrs=standby'
    const { code, stdout } = await hedge(['doctor'], {
      ...environmentOf(server),
      DATABASE_URL: url,
    })
    expect(code).toBe(1)
    expect(stdout).toMatch(/^fail +database .*target_session_attrs: expected any, read-write/m)
    expect(stdout).not.toContain('hunter2')
  })

  test('a database that cannot be reached is a failure without its password', async () => {
    const env = { ...environmentOf(server), DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/x' }
    const { code, stdout } = await hedge(['doctor'], env)
    expect(code).toBe(1)
    expect(stdout).toMatch(/^fail +database /m)
    expect(stdout).not.toContain('hunter2')
  })
})
