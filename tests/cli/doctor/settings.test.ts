import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { saveCredentials } from '../../../packages/server/src/processors/credentials.sql.ts'
import { sealCredentials } from '../../../packages/server/src/processors/credentials.ts'
import { Keyring } from '../../../packages/server/src/sealing/keyring.ts'
import { createSealer } from '../../../packages/server/src/sealing/sealer.ts'
import { limitsNeverReached, type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'
import { firstKeys } from '../../support/servers/server.ts'
import { runDoctor } from './run-doctor.ts'

const oldKey = randomBytes(32).toString('base64')
const newKey = randomBytes(32).toString('base64')

let own: OwnApp
let endpointId: string

beforeAll(async () => {
  own = await startOwnApp(limitsNeverReached)
  const body = { url: 'https://example.com/hook' }
  endpointId = (await own.api('POST', '/v1/webhooks/endpoints', { body })).body.id
  expect(endpointId).toMatch(/^whe_/)
})

afterAll(() => own?.close())

const examine = (env: Record<string, string>) =>
  runDoctor({
    server: { url: own.url, secretKey: firstKeys.secretKey },
    databaseUrl: own.databaseUrl,
    env,
  })

/** Stores the endpoint's secret as a server with this key does. */
async function seal(key: string): Promise<void> {
  const sealed = createSealer([key]).seal('whsec_of_a_test', endpointId)
  await own.sql.query('update webhook_endpoints set secret = $1', [sealed])
}

describe('hedge doctor, of stored secrets', () => {
  test('says that they are not encrypted', async () => {
    expect((await examine({})).checks.secrets?.status).toBe('ok')
    const { checks } = await examine({ HEDGE_ENCRYPTION_KEY: newKey })
    expect(checks.secrets).toMatchObject({
      status: 'warn',
      found: '0 secrets with HEDGE_ENCRYPTION_KEY, 1 not encrypted',
    })
  })

  test('fails if no configured key opens them, and counts those that need the previous key', async () => {
    await seal(oldKey)
    const account = { merchantId: own.owner.merchant_id, livemode: false }
    const row = sealCredentials(new Keyring([newKey], 'processor credentials'), {
      account,
      secrets: { secretKey: 'sk_test_of_stripe', webhookSecret: null },
      publishableKey: null,
      now: '2030-01-01T00:00:00Z',
    })
    await saveCredentials(own.database.db, row)

    const none = await examine({})
    expect(none.code).toBe(1)
    expect(none.checks.secrets).toMatchObject({
      status: 'fail',
      found: `2 secrets that no key opens, such as that of ${endpointId}: HEDGE_ENCRYPTION_KEY is not set here`,
    })
    const wrong = await examine({ HEDGE_ENCRYPTION_KEY: newKey })
    expect(wrong.code).toBe(1)
    expect(wrong.checks.secrets?.found).toMatch(/^1 secret that no key opens, such as that of whe_/)
    const both = { HEDGE_ENCRYPTION_KEY: newKey, HEDGE_ENCRYPTION_KEY_PREVIOUS: oldKey }
    const rotating = await examine(both)
    expect(rotating.code).toBe(0)
    expect(rotating.checks.secrets).toMatchObject({
      status: 'warn',
      found: '1 secret with HEDGE_ENCRYPTION_KEY, 1 with HEDGE_ENCRYPTION_KEY_PREVIOUS',
    })
    await seal(newKey)
    expect((await examine(both)).checks.secrets?.status).toBe('ok')
    for (const { stdout } of [none, wrong, rotating]) {
      for (const secret of [oldKey, newKey, 'whsec_of_a_test', 'sk_test_of_stripe']) {
        expect(stdout).not.toContain(secret)
      }
    }
  })
})

describe('hedge doctor, of settings', () => {
  const key = { HEDGE_ENCRYPTION_KEY: newKey }

  test('names the variable that is wrong', async () => {
    const { code, checks } = await examine({ ...key, HEDGE_TRUSTED_PROXIES: '0.0.0.0/0' })
    expect(code).toBe(1)
    expect(checks.settings).toMatchObject({
      status: 'fail',
      found: expect.stringMatching(/^HEDGE_TRUSTED_PROXIES: expected .* got "0\.0\.0\.0\/0"/),
    })
  })

  test('warns of a public address without a proxy, and fails if live mode needs one', async () => {
    const https = { ...key, HEDGE_PUBLIC_URL: 'https://pay.example.com' }
    const open = await startedWith({ ...key, HOST: '0.0.0.0' })
    expect(open).toMatchObject({ status: 'warn', found: expect.stringContaining('0.0.0.0') })
    expect(await startedWith(https)).toMatchObject({ status: 'fail' })
    expect(await startedWith({ ...https, HEDGE_TRUSTED_PROXIES: '10.0.0.10' })).toMatchObject({
      status: 'ok',
      found: 'trusted: 10.0.0.10',
    })
    expect(await startedWith(key)).toBeUndefined()
  })

  const startedWith = async (env: Record<string, string>) => (await examine(env)).checks.proxies
})
