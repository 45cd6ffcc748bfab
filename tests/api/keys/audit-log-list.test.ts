import { describe, expect, test } from 'vitest'
import { apiClient } from '../../support/http/api.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { createLiveMerchant, createMerchant } from '../../support/servers/servers.ts'
import { type Named, path } from './audited-actions.ts'

const fixture = withMerchant()

describe('the list of the audit log', () => {
  test('is readable by keys with merchants:write, for their merchant and mode only', async () => {
    const { test: api, live } = await createLiveMerchant(fixture)
    const [entry] = (await api('GET', path)).body.data
    expect((await live('GET', path)).body.data).toHaveLength(1)
    expect((await live('GET', path)).body.data[0].livemode).toBe(true)
    const stranger = await createMerchant(fixture)
    expect(JSON.stringify((await stranger.test('GET', path)).body)).not.toContain(entry.id)
    const { body: reader } = await api('POST', '/v1/auth/api-keys', {
      body: { scopes: ['payments:read', 'keys:write'] },
    })
    const refused = await apiClient(fixture.servers[0]?.url ?? '', reader.secret_key)('GET', path)
    expect([refused.status, refused.body.error.details.required_scope]).toEqual([
      403,
      'merchants:write',
    ])
  })

  test('is filtered, and paged through without gaps or repeats', async () => {
    const { test: api } = await createMerchant(fixture)
    const made: string[] = []
    for (let count = 0; count < 5; count++) {
      made.unshift((await api('POST', '/v1/auth/api-keys', { body: {} })).body.id)
    }
    await api('DELETE', `/v1/auth/api-keys/${made[0]}`)
    const read: string[] = []
    let after = ''
    for (;;) {
      const query = `limit=2&action=api_key.created${after}`
      const { body } = await api('GET', `${path}?${query}`)
      read.push(...body.data.map(({ target }: { target: { id: string } }) => target.id))
      if (!body.has_more) break
      after = `&starting_after=${body.data.at(-1).id}`
    }
    expect(read.slice(0, 5)).toEqual(made)
    const ofOne = await api('GET', `${path}?target_id=${made[0]}`)
    expect(ofOne.body.data.map(({ action }: Named) => action)).toEqual([
      'api_key.revoked',
      'api_key.created',
    ])
    expect((await api('GET', `${path}?actor_id=key_nobody`)).body.data).toEqual([])
    const old = await api('GET', `${path}?created_at[lt]=2001-01-01T00:00:00Z`)
    expect(old.body.data).toEqual([])
    for (const wrong of ['action=api_key.stolen', 'starting_after=evt_1', 'who=me']) {
      expect((await api('GET', `${path}?${wrong}`)).status, wrong).toBe(400)
    }
  })
})
