import { allOperations, scopes, scopesOf } from '@hedgepayments/contract'
import { describe, expect, test } from 'vitest'
import { fingerprint } from '../../support/databases/sql.ts'
import { apiClient, createPayment } from '../../support/http/api.ts'
import { untilRefused } from '../../support/http/refused.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { createMerchant } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'

const fixture = withMerchant()

function ownKeys() {
  const [server] = fixture.servers
  if (!server) throw new Error('no server')
  return server
}

const keyed = (authorization: string) => {
  const api = apiClient(fixture.servers[0]?.url ?? '', null)
  return (method: string, path: string, body?: unknown) =>
    api(method, path, {
      headers: { authorization },
      ...(body === undefined ? {} : { body }),
    })
}

describe('an invalid key', () => {
  const headers: [
    name: string,
    of: (keys: { secretKey: string; publishableKey: string }) => string,
  ][] = [
    ['empty', () => ''],
    ['no scheme', ({ secretKey }) => secretKey],
    ['another scheme', () => 'Basic c2tfdGVzdF86'],
    ['no key', () => 'Bearer'],
    ['only a space', () => 'Bearer  '],
    ['unknown', () => 'Bearer sk_test_0000000000000000'],
    ['of the other mode', ({ secretKey }) => `Bearer ${secretKey.replace('_test_', '_live_')}`],
    ['publishable', ({ publishableKey }) => `Bearer ${publishableKey}`],
    ['without its last character', ({ secretKey }) => `Bearer ${secretKey.slice(0, -1)}`],
    ['with one more character', ({ secretKey }) => `Bearer ${secretKey}_`],
    ['in capitals', ({ secretKey }) => `Bearer ${secretKey.toUpperCase()}`],
    ['two values', ({ secretKey }) => `Bearer ${secretKey} twice`],
    ['quoted', ({ secretKey }) => `Bearer "${secretKey}"`],
    ['not ASCII', () => 'Bearer sk_test_f\u00fcr_alle'],
    ['long', () => `Bearer sk_test_${'x'.repeat(10_000)}`],
    ['a flood of spaces', () => `Bearer a${' '.repeat(12_000)}b`],
  ]

  test.each(headers)('%s: 401 before any other check', async (_, authorizationOf) => {
    const { id } = await createPayment(fixture.api)
    const before = await fingerprint(fixture.sql, fixture.owner)
    const api = keyed(authorizationOf(ownKeys()))
    const answers = [
      await api('POST', `/v1/payments/${id}/cancel`),
      await api('POST', '/v1/payments/pay_%00/cancel', { reason: 1 }),
      await api('POST', '/v1/payments/pay_%zz/cancel'),
      await api('PUT', `/v1/payments/${id}/cancel`),
      await api('GET', '/v1/nowhere'),
      await api('GET', '/v1/payments?limit=x'),
    ]
    for (const { status, body, headers: sent } of answers) {
      expect([status, body.error.code]).toEqual([401, 'unauthorized'])
      expect(sent.get('www-authenticate')).toBe('Bearer')
    }
    expect(await fingerprint(fixture.sql, fixture.owner)).toBe(before)
  })

  test('a request without a key gets 401 on every operation that needs a key', async () => {
    const api = apiClient(fixture.servers[0]?.url ?? '', null)
    for (const { method, path, scope } of allOperations.filter((one) => one.scope !== 'none')) {
      const { status } = await api(method, path.replaceAll(/:\w+/g, 'x'))
      expect(status, `${method} ${path} (${scope})`).toBe(401)
    }
  })
})

test.each(['bearer', 'BEARER', 'Bearer  '])(
  'the authorization scheme %j is accepted',
  async (scheme) => {
    const { status } = await keyed(`${scheme} ${ownKeys().secretKey}`)('GET', '/v1/payments')
    expect(status).toBe(200)
  },
)

test('each operation accepts a key with its scopes, and refuses a key with all others', async () => {
  const made = new Map<string, ReturnType<typeof keyed>>()
  const make = async (given: readonly string[]) => {
    const name = given.join(' ')
    const known = made.get(name)
    if (known) return known
    const { body } = await fixture.api('POST', '/v1/auth/api-keys', { body: { scopes: given } })
    const api = keyed(`Bearer ${body.secret_key}`)
    made.set(name, api)
    return api
  }
  for (const operation of allOperations) {
    const needed = scopesOf(operation)
    // Streams do not end. All other requests name objects that do not exist.
    if (needed.length === 0 || operation.path.endsWith('/stream')) continue
    const path = operation.path.replaceAll(/:\w+/g, 'nothing')
    const only = await make(needed)
    const taken = await only(operation.method, path, operation.body ? { nonsense: 1 } : undefined)
    expect([401, 403], `${operation.id} with ${needed}`).not.toContain(taken.status)
    for (const scope of needed) {
      const others = await make(scopes.filter((one) => one !== scope))
      const refused = await others(operation.method, path)
      expect(refused.status, `${operation.id} without ${scope}`).toBe(403)
      expect(refused.body.error.details.required_scope).toBe(scope)
    }
  }
})

test('a key cannot create a key with a scope that it lacks', async () => {
  const { body } = await fixture.api('POST', '/v1/auth/api-keys', {
    body: { scopes: ['keys:write'] },
  })
  const poor = keyed(`Bearer ${body.secret_key}`)
  const greedy = await poor('POST', '/v1/auth/api-keys', { scopes: ['payments:cancel'] })
  expect([greedy.status, greedy.body.error.details.field]).toEqual([400, 'scopes'])
  const same = await poor('POST', '/v1/auth/api-keys', {})
  expect(same.body.scopes).toEqual(['keys:write'])
})

test('a key cannot create a key that expires later than itself', async () => {
  const own = '2090-06-15T10:32:00Z'
  const { body } = await fixture.api('POST', '/v1/auth/api-keys', { body: { expires_at: own } })
  const ending = keyed(`Bearer ${body.secret_key}`)
  const make = (given: object) => ending('POST', '/v1/auth/api-keys', given)
  for (const later of [null, '2090-06-15T10:32:01Z']) {
    const refused = await make({ expires_at: later })
    expect([refused.status, refused.body.error.details.field]).toEqual([400, 'expires_at'])
    expect(refused.body.error.message).toContain(own)
  }
  expect((await make({})).body.expires_at, 'by default').toBe(own)
  for (const earlier of [own, '2089-01-01T00:00:00Z']) {
    expect((await make({ expires_at: earlier })).body.expires_at).toBe(earlier)
  }
  const endless = await fixture.api('POST', '/v1/auth/api-keys', { body: { expires_at: null } })
  expect([endless.status, endless.body.expires_at]).toEqual([201, null])
})

test('a key expires by the real time, also if the test clock is later than its expiry', async () => {
  const { test: api } = await createMerchant(fixture)
  await api('POST', '/v1/test/clock/advance', { body: { seconds: 86_400 } })
  const expires = new Date(Date.now() + 3_600_000).toISOString()
  const made = await api('POST', '/v1/auth/api-keys', { body: { expires_at: expires } })
  expect(made.status).toBe(201)
  const key = keyed(`Bearer ${made.body.secret_key}`)
  expect((await key('GET', '/v1/payments')).status).toBe(200)
})

test('the list of keys is paged through without gaps or repeats, ten at a time', async () => {
  const { test: api } = await createMerchant(fixture)
  const [first] = (await api('GET', '/v1/auth/api-keys')).body.data
  const made: string[] = [first.id]
  for (let count = 0; count < 11; count++) {
    made.unshift((await api('POST', '/v1/auth/api-keys', { body: {} })).body.id)
  }
  const page = async (query: string) => {
    const { body } = await api('GET', `/v1/auth/api-keys${query}`)
    return { ids: body.data.map(({ id }: { id: string }) => id), more: body.has_more }
  }
  expect(await page('')).toEqual({ ids: made.slice(0, 10), more: true })
  expect(await page(`?starting_after=${made[9]}`)).toEqual({ ids: made.slice(10), more: false })
  const before = await page(`?limit=4&ending_before=${made[10]}`)
  expect(before).toEqual({ ids: made.slice(6, 10), more: true })
  expect(await page('?limit=100')).toEqual({ ids: made, more: false })
})

test('a revoked key is refused within 5 seconds on every process', async () => {
  const { body: key } = await fixture.api('POST', '/v1/auth/api-keys', { body: {} })
  const apis = fixture.servers.map((server) => apiClient(server.url, key.secret_key))
  for (const api of apis) expect((await api('GET', '/v1/payments')).status).toBe(200)
  const revoked = await fixture.api('DELETE', `/v1/auth/api-keys/${key.id}`)
  expect(revoked.body.revoked_at).not.toBeNull()
  await Promise.all(
    apis.map((api) =>
      // The key is in constant use, so that no cache drops it as idle.
      untilRefused(async () => (await api('GET', '/v1/payments')).status),
    ),
  )
  const again = await fixture.api('DELETE', `/v1/auth/api-keys/${key.id}`)
  expect(again.body.revoked_at, 'the time stays').toBe(revoked.body.revoked_at)
})

test('a key is refused once it has expired', async () => {
  const expires = new Date(Date.now() + 60_000).toISOString()
  const { body: key } = await fixture.api('POST', '/v1/auth/api-keys', {
    body: { expires_at: expires },
  })
  const api = apiClient(fixture.servers[0]?.url ?? '', key.secret_key)
  expect((await api('GET', '/v1/payments')).status).toBe(200)
  await fixture.sql.query(
    `update api_keys set expires_at = now() - interval '1 second' where id = $1`,
    [key.id],
  )
  const refused = await until('it is refused', async () => {
    const answer = await api('GET', '/v1/payments')
    return answer.status === 401 && answer
  })
  expect(refused.body.error.message).toContain('expired')
})
