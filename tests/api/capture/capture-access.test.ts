import { scopes } from '@hedgepayments/contract'
import { beforeAll, expect, test } from 'vitest'
import { type Api, apiClient } from '../../support/http/api.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { createLiveMerchant } from '../../support/servers/servers.ts'
import { capture, createAuthorized } from './authorized.ts'

const fixture = withMerchant()
let merchant: { test: Api; live: Api }

beforeAll(async () => {
  merchant = await createLiveMerchant(fixture)
})

const read = async (id: string) => (await merchant.test('GET', `/v1/payments/${id}`)).body

async function keyWith(given: readonly string[]): Promise<Api> {
  const { body } = await merchant.test('POST', '/v1/auth/api-keys', { body: { scopes: given } })
  return apiClient(fixture.servers[0]?.url ?? '', body.secret_key)
}

test('a key captures with the scope for captures, and with no other', async () => {
  const { id } = await createAuthorized(merchant.test)
  const others = scopes.filter(
    (scope) => scope !== 'payments:capture' && !scope.startsWith('platform:'),
  )
  const refused = await capture(await keyWith(others), id)
  expect([refused.status, refused.body.error.code]).toEqual([403, 'insufficient_permissions'])
  expect((await read(id)).status).toBe('initiated')
  expect((await capture(await keyWith(['payments:capture']), id)).status).toBe(200)
})

test('a key of the other mode, of another merchant, and none, do not find the payment', async () => {
  const { id } = await createAuthorized(merchant.test)
  for (const other of [merchant.live, fixture.api]) {
    const { status, body } = await capture(other, id)
    expect([status, body.error.code]).toEqual([404, 'not_found'])
  }
  const nobody = await capture(apiClient(fixture.servers[0]?.url ?? '', null), id, { amount: 0 })
  expect([nobody.status, nobody.body.error.code]).toEqual([401, 'unauthorized'])
  expect((await read(id)).status).toBe('initiated')
})
