import { describe, expect, test } from 'vitest'
import { untilRefused } from '../../support/http/refused.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { createMigratedDatabase, startServer } from '../../support/servers/server.ts'

const fixture = withMerchant()
/** The shared server that the tests ask, with the keys of the file's merchant. */
const ownServer = () => fixture.servers[0] ?? expect.fail('there is no server')

const ownPage = { 'sec-fetch-site': 'same-origin' }

async function signIn(
  secretKey = ownServer().secretKey,
  headers: Record<string, string> = ownPage,
) {
  const response = await fetch(`${ownServer().url}/dashboard/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ secret_key: secretKey }),
  })
  const setCookie = response.headers.get('set-cookie') ?? ''
  const cookie = setCookie.split(';', 1)[0] ?? ''
  return { status: response.status, setCookie, cookie, body: await response.json() }
}

async function status(
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<number> {
  return (await fetch(`${ownServer().url}${path}`, { method, headers })).status
}

describe('the dashboard’s session', () => {
  test('the secret key becomes a cookie that no script can read and no other site can send', async () => {
    const { status: answered, setCookie, body } = await signIn()
    expect(answered).toBe(201)
    expect(setCookie).toMatch(/; HttpOnly/)
    expect(setCookie).toMatch(/; SameSite=Strict/)
    expect(setCookie).not.toContain(ownServer().secretKey)
    expect(body).toMatchObject({ signed_in: true, livemode: false })
    expect(JSON.stringify(body)).not.toContain(ownServer().secretKey)
  })

  test('over https the cookie is for https and this host only', async () => {
    const database = await createMigratedDatabase()
    const secure = await startServer({
      databaseUrl: database.url,
      env: { HEDGE_PUBLIC_URL: 'https://pay.example.com' },
    })
    try {
      const response = await fetch(`${secure.url}/dashboard/api/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...ownPage },
        body: JSON.stringify({ secret_key: secure.secretKey }),
      })
      const cookie = response.headers.get('set-cookie') ?? ''
      expect(cookie).toMatch(/^__Host-hedge_session=/)
      expect(cookie).toMatch(/; Secure/)
      // By its plain name it may be a neighbour's: it opens nothing.
      const token = cookie.split(';', 1)[0]?.split('=')[1]
      const ask = (name: string) =>
        fetch(`${secure.url}/v1/payments`, { headers: { cookie: `${name}=${token}`, ...ownPage } })
      expect((await ask('__Host-hedge_session')).status).toBe(200)
      expect((await ask('hedge_session')).status).toBe(401)
    } finally {
      await secure.stop()
      await database.drop()
    }
  })

  test('the cookie opens the API to the dashboard’s own requests', async () => {
    const { cookie } = await signIn()
    expect(await status('GET', '/v1/payments', { cookie, ...ownPage })).toBe(200)
    expect(await status('GET', '/v1/payments', { cookie })).toBe(200)
    expect(await status('GET', '/v1/payments', {})).toBe(401)
  })

  test.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another port of this host', { 'sec-fetch-site': 'same-site' }],
    ['another origin, in an older browser', { origin: 'http://127.0.0.1:1' }],
    ['nowhere that it says', {}],
  ])('a change that comes from %s is not taken', async (_, headers: Record<string, string>) => {
    const { cookie } = await signIn()
    expect(await status('POST', '/v1/cancellations', { cookie, ...headers })).toBe(401)
    const signInStatus = (await signIn(ownServer().secretKey, headers)).status
    expect(signInStatus).toBe(401)
  })

  test('signing out ends the session on the server too', async () => {
    const { cookie } = await signIn()
    expect(await status('DELETE', '/dashboard/api/session', { cookie, ...ownPage })).toBe(200)
    expect(await status('GET', '/v1/payments', { cookie, ...ownPage })).toBe(401)
  })

  test('a revoked key ends its sessions', async () => {
    const { body: key } = await fixture.api('POST', '/v1/auth/api-keys', { body: {} })
    const { cookie } = await signIn(key.secret_key)
    expect(await status('GET', '/v1/payments', { cookie, ...ownPage })).toBe(200)
    await fixture.api('DELETE', `/v1/auth/api-keys/${key.id}`)
    await untilRefused(() => status('GET', '/v1/payments', { cookie, ...ownPage }))
  })

  test('a session has the scopes of its key and no more', async () => {
    const { body: key } = await fixture.api('POST', '/v1/auth/api-keys', {
      body: { scopes: ['payments:read'] },
    })
    const { cookie } = await signIn(key.secret_key)
    expect(await status('POST', '/v1/cancellations', { cookie, ...ownPage })).toBe(403)
  })

  test('a wrong key is refused without a cookie', async () => {
    const { status: answered, setCookie } = await signIn('sk_test_nobody_has_this_one')
    expect(answered).toBe(401)
    expect(setCookie).toBe('')
  })
})

describe('the dashboard’s pages', () => {
  test.each(['/dashboard', '/dashboard/payments/pay_abc'])(
    '%s allows no script, style or request but its own',
    async (path) => {
      const response = await fetch(`${ownServer().url}${path}`)
      expect(response.status).toBe(200)
      const policy = response.headers.get('content-security-policy') ?? ''
      expect(policy).toContain("default-src 'none'")
      expect(policy).not.toMatch(/unsafe|https?:|\*|data:/)
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
      expect(response.headers.get('x-frame-options')).toBe('DENY')
    },
  )
})
