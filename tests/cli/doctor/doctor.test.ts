import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { limitsNeverReached, type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'
import { firstKeys } from '../../support/servers/server.ts'
import { environmentOf, hedge } from '../hedge.ts'
import type { Check } from './run-doctor.ts'

let own: OwnApp
let server: { url: string; secretKey: string }

beforeAll(async () => {
  own = await startOwnApp(limitsNeverReached)
  server = { url: own.url, secretKey: firstKeys.secretKey }
})

afterAll(() => own?.close())

describe('hedge doctor', () => {
  test('reports a healthy server as healthy, including the key and the database', async () => {
    const env = { ...environmentOf(server), DATABASE_URL: own.databaseUrl, HEDGE_DATA_DIR: '.' }
    const { code, stdout, stderr } = await hedge(['doctor'], env)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const name of ['server', 'ready', 'clock', 'key', 'database', 'migrations', 'tasks']) {
      expect(stdout).toMatch(new RegExp(`^ok +${name} `, 'm'))
    }
    expect(stdout).toMatch(/ key .*test mode, scopes: all/)
    expect(stdout).toMatch(/ disk .*MiB/)
    expect(stdout).toMatch(/ data_folder .* free for \./)
    expect(stdout).not.toContain(server.secretKey)
  })

  test('reports what is wrong with the key', async () => {
    const env = { ...environmentOf(server), HEDGE_API_SECRET: 'sk_test_nobody_has_this_key' }
    const { code, stdout } = await hedge(['doctor', '--json'], env)
    expect(code).toBe(1)
    const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Check[] }
    expect(ok).toBe(false)
    expect(checks.find(({ name }) => name === 'server')?.status).toBe('ok')
    expect(checks.find(({ name }) => name === 'key')).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('unauthorized'),
      action: expect.stringContaining('HEDGE_API_SECRET'),
    })
  })

  test('works while the server is down, and checks the database', async () => {
    const env = {
      ...environmentOf(server),
      HEDGE_BASE_URL: 'http://127.0.0.1:1',
      DATABASE_URL: own.databaseUrl,
    }
    const { code, stdout } = await hedge(['doctor'], env)
    expect(code).toBe(1)
    expect(stdout).toMatch(/^fail +server +http:\/\/127\.0\.0\.1:1 does not answer/m)
    expect(stdout).toMatch(/^ok +migrations /m)
  })

  test('reports an invalid address with the reason and without its password', async () => {
    const url = 'postgres://me:hunter2@a,b/x?target_session_attrs=standby'
    const { code, stdout } = await hedge(['doctor'], {
      ...environmentOf(server),
      DATABASE_URL: url,
    })
    expect(code).toBe(1)
    expect(stdout).toMatch(/^fail +database .*target_session_attrs: expected any, read-write/m)
    expect(stdout).not.toContain('hunter2')
  })

  test('reports an unreachable database without its password', async () => {
    const env = { ...environmentOf(server), DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/x' }
    const { code, stdout } = await hedge(['doctor'], env)
    expect(code).toBe(1)
    expect(stdout).toMatch(/^fail +database /m)
    expect(stdout).not.toContain('hunter2')
  })
})
