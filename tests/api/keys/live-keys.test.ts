import { expect, test } from 'vitest'
import { apiClient } from '../../support/http/api.ts'
import { makeLiveKey } from '../../support/servers/live-key.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { createLiveMerchant, createMerchant } from '../../support/servers/servers.ts'

const fixture = withMerchant()
const client = (secretKey: string) => apiClient(fixture.servers[0]?.url ?? '', secretKey)
const body = { name: 'A daughter' }

test('a test key creates a merchant without a live key', async () => {
  const made = await fixture.api('POST', '/v1/merchants', { body })
  expect([made.status, made.body.api_keys.length]).toEqual([201, 1])
  expect(made.body.api_keys[0]).toMatchObject({ livemode: false, merchant_id: made.body.id })
  expect(made.text).not.toContain('_live_')
  const live = await fixture.sql.query(
    'select from api_keys where livemode and merchant_id in ($1, $2)',
    [made.body.id, fixture.owner.merchant_id],
  )
  expect(live).toEqual([])
})

test('a live key creates a merchant with a key pair for each mode', async () => {
  const { live } = await createLiveMerchant(fixture)
  const { status, body: merchant } = await live('POST', '/v1/merchants', { body })
  expect(status).toBe(201)
  const modes = merchant.api_keys.map(({ livemode }: { livemode: boolean }) => livemode)
  expect(modes).toEqual([false, true])
  for (const { secret_key } of merchant.api_keys) {
    expect((await client(secret_key)('GET', `/v1/merchants/${merchant.id}`)).status).toBe(200)
  }
})

test('the keys of a new merchant have no more scopes than the key that created it', async () => {
  const { live, test: own } = await createLiveMerchant(fixture)
  const bounds = {
    scopes: ['merchants:write', 'payments:read'],
    requests_per_minute: 3,
    expires_at: '2090-01-01T00:00:00Z',
  }
  for (const [api, count] of [
    [own, 1],
    [live, 2],
  ] as const) {
    const { body: bounded } = await api('POST', '/v1/auth/api-keys', { body: bounds })
    const { body: made } = await client(bounded.secret_key)('POST', '/v1/merchants', { body })
    expect(made.api_keys).toHaveLength(count)
    for (const key of made.api_keys) expect(key).toMatchObject(bounds)
  }
})

test.each([
  ['fee_basis_points', 0],
  ['fee_fixed', null],
  ['default_cancel_window', 0],
])('a test key cannot change %s of a merchant that has a live key', async (field, value) => {
  const { id, test: own, live } = await createLiveMerchant(fixture)
  const path = `/v1/merchants/${id}`
  const given = { fee_basis_points: 290, fee_fixed: 30, default_cancel_window: 600 }
  expect((await live('PATCH', path, { body: given })).status).toBe(200)
  const change = { name: 'Changed', [field]: value }
  const { status, body: refused } = await own('PATCH', path, { body: change })
  expect([status, refused.error.code]).toEqual([403, 'insufficient_permissions'])
  expect(refused.error.message).toContain(field)
  expect(refused.error.details.field).toBe(field)
  expect((await own('GET', path)).body).toMatchObject({ ...given, name: 'Another merchant' })
  expect((await own('PATCH', path, { body: { name: 'Changed' } })).status).toBe(200)
  expect((await live('PATCH', path, { body: change })).body).toMatchObject(change)
})

test('test keys may change everything until the merchant has had a live key, even a revoked one', async () => {
  const { id, test: own } = await createMerchant(fixture)
  const path = `/v1/merchants/${id}`
  const tried = { fee_basis_points: 1, fee_fixed: 2, default_cancel_window: 3 }
  expect((await own('PATCH', path, { body: tried })).body).toMatchObject(tried)
  const live = client(await makeLiveKey(fixture.database.url, id))
  const [key] = (await live('GET', '/v1/auth/api-keys')).body.data
  expect((await live('DELETE', `/v1/auth/api-keys/${key.id}`)).status).toBe(200)
  expect((await own('PATCH', path, { body: tried })).status).toBe(403)
})
