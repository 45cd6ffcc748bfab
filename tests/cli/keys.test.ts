import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, apiClient, createPayment, paymentBody } from '../support/http/api.ts'
import { limitsNeverReached, type OwnApp, startOwnApp } from '../support/servers/own-app.ts'
import { createMigratedDatabase, firstKeys } from '../support/servers/server.ts'
import { environmentOf, hedge } from './hedge.ts'

let own: OwnApp
let server: { url: string; secretKey: string }
let api: Api
const run = (...args: string[]) => hedge(args, environmentOf(server))

beforeAll(async () => {
  own = await startOwnApp(limitsNeverReached)
  server = { url: own.url, secretKey: firstKeys.secretKey }
  api = own.api
})

afterAll(() => own?.close())

describe('hedge keys', () => {
  test('creates a key with exactly the given scopes, valid until it is revoked', async () => {
    const scopes = ['--scope', 'payments:read', '--scope', 'payments:cancel']
    const slow = await run('keys', 'create', '--requests-per-minute', '9', '--json')
    expect(JSON.parse(slow.stdout).requests_per_minute).toBe(9)
    expect((await run('keys', 'create', '--requests-per-minute', '0')).code).toBe(2)
    const made = await run('keys', 'create', '--name', 'desk', ...scopes, '--json')
    expect(made.code).toBe(0)
    const key = JSON.parse(made.stdout)
    const desk = apiClient(server.url, key.secret_key)
    expect((await desk('GET', '/v1/payments')).status).toBe(200)
    expect((await desk('POST', '/v1/payments', { body: paymentBody() })).status).toBe(403)

    const listed = await run('keys', 'list')
    expect(listed.stdout).toMatch(/desk .*payments:read payments:cancel .*in use/)
    expect(listed.stdout).not.toContain(key.secret_key)

    expect(await run('keys', 'revoke', key.id)).toMatchObject({
      code: 0,
      stdout: `Revoked ${key.id}.\n`,
    })
    expect((await run('keys', 'list')).stdout).toMatch(/desk .*revoked/)
  })

  test('exits with 5 for a key without the scope, and names the missing scope', async () => {
    const { body } = await api('POST', '/v1/auth/api-keys', { body: { scopes: ['payments:read'] } })
    const env = environmentOf({ url: server.url, secretKey: body.secret_key })
    const ended = await hedge(['keys', 'create'], env)
    expect(ended.code).toBe(5)
    expect(ended.stderr).toContain('keys:write')
  })
})

describe('hedge keys list', () => {
  test('shows all keys, however many pages there are', async () => {
    // One at a time: a busy machine would refuse some of a hundred concurrent requests.
    for (let n = 0; n < 101; n++) {
      const body = { name: `one of many ${n}` }
      expect((await api('POST', '/v1/auth/api-keys', { body })).status).toBe(201)
    }
    const { data, has_more } = JSON.parse((await run('keys', 'list', '--json')).stdout)
    const names = data.map(({ name }: { name: string }) => name)
    expect(names.filter((name: string) => name?.startsWith('one of many'))).toHaveLength(101)
    expect([names.at(-1), has_more]).toEqual(['First key', false])
    const { stdout } = await run('doctor', '--json')
    expect(stdout).toContain(data.at(-1).id)
  })
})

describe('hedge audit', () => {
  test('shows who created and revoked keys, including an operator in the database', async () => {
    const key = { body: { name: '\u001b[31mred' } }
    const { id } = (await api('POST', '/v1/auth/api-keys', key)).body
    await api('DELETE', `/v1/auth/api-keys/${id}`)
    const table = await run('audit', '--target', id)
    expect(table.code).toBe(0)
    expect(table.stdout).toMatch(/api_key\.revoked .*\n.*api_key\.created .*key_.*127\.0\.0\.1/)
    expect(table.stdout).not.toContain('\u001b')
    const ended = await run('audit', '--action', 'api_key.revoked', '--limit', '1', '--json')
    expect(JSON.parse(ended.stdout).data[0].target.id).toBe(id)
    expect((await run('audit', '--action', 'api_key.stolen')).code).toBe(2)

    const args = ['keys', 'create', '--live', '--database', own.databaseUrl, '--json']
    const live = JSON.parse((await hedge(args)).stdout)
    const env = environmentOf({ url: server.url, secretKey: live.secret_key })
    const { stdout } = await hedge(['audit', '--target', live.id, '--json'], env)
    expect(JSON.parse(stdout).data).toMatchObject([
      { action: 'api_key.created', actor: { type: 'operator', id: null }, address: null },
    ])
  })
})

describe('hedge keys create --live', () => {
  test('creates a live key in the database, and destructive commands ask for confirmation with it', async () => {
    const args = ['keys', 'create', '--live', '--database', own.databaseUrl, '--json']
    const { code, stdout } = await hedge([...args, '--requests-per-minute', '6000'])
    expect(code).toBe(0)
    const key = JSON.parse(stdout)
    expect(key).toMatchObject({
      livemode: true,
      secret_key: expect.stringMatching(/^sk_live_/),
      requests_per_minute: 6000,
    })

    const live = environmentOf({ url: server.url, secretKey: key.secret_key })
    const liveApi = apiClient(server.url, key.secret_key)
    const { id } = await createPayment(liveApi)
    const unasked = await hedge(['payments', 'cancel', id], live)
    expect(unasked.code).toBe(2)
    expect(unasked.stderr).toMatch(/Live mode: .*--yes/)
    expect((await liveApi('GET', `/v1/payments/${id}`)).body.status).toBe('pending')
    expect((await hedge(['payments', 'cancel', id, '--yes'], live)).code).toBe(0)
  })

  test('reports a missing database, a missing merchant and an unknown merchant', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hedge-cli-'))
    try {
      const none = await hedge(['keys', 'create', '--live', '--data-dir', folder])
      expect(none).toMatchObject({ code: 4, stdout: '' })
      expect(none.stderr).toContain('DATABASE_URL')
    } finally {
      await rm(folder, { recursive: true })
    }
    const args = [
      'keys',
      'create',
      '--live',
      '--database',
      own.databaseUrl,
      '--merchant',
      'merch_x',
    ]
    const unknown = await hedge(args)
    expect(unknown.code).toBe(4)
    expect(unknown.stderr).toContain('merch_x')
    const empty = await createMigratedDatabase()
    try {
      const nobody = await hedge(['keys', 'create', '--live'], { DATABASE_URL: empty.url })
      expect(nobody.code).toBe(1)
      expect(nobody.stderr).toContain('no merchant')
    } finally {
      await empty.drop()
    }
  })

  test('shows the settings made with test keys, which only live keys can change from then on', async () => {
    const { body } = await api('POST', '/v1/merchants', { body: { name: 'Other', fee_fixed: 0 } })
    const args = ['keys', 'create', '--live', '--database', own.databaseUrl, '--merchant', body.id]
    const { code, stderr } = await hedge(args)
    expect(code).toBe(0)
    expect(stderr).toMatch(
      /only live keys .*fee_basis_points the server's, fee_fixed 0, .*window 0/,
    )
    const byTestKey = apiClient(server.url, body.api_keys[0].secret_key)
    const change = { body: { fee_fixed: 1 } }
    expect((await byTestKey('PATCH', `/v1/merchants/${body.id}`, change)).status).toBe(403)
  })
})
