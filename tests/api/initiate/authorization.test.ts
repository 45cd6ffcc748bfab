import {
  allOperations,
  type Operation,
  type Scope,
  scopes,
  scopesOf,
} from '@hedgepayments/contract'
import { beforeAll, describe, expect, test } from 'vitest'
import { apiClient } from '../../support/http/api.ts'
import { isLongRun } from '../../support/size.ts'
import {
  ask,
  bearer,
  contents,
  cookies,
  type Given,
  keyed,
  keys,
  ownPage,
  pathOf,
  scoped,
  things,
  withCallers,
} from './callers.ts'

/** Tests the authorization of every operation of the contract, including operations that are added later. */
const demandingValues: Readonly<Record<string, unknown>> = {
  url: 'https://example.com/stolen',
  events: ['*'],
  payment_id: 'pay_of_somebody',
}

const fixture = withCallers()

/** Bodies that need more scopes than other bodies of their operation, with these scopes. */
const demanding = keyed.flatMap((operation) =>
  (operation.scopesOfBody ?? []).map(({ field, is, scope }) => {
    const value = is ?? demandingValues[field]
    return { operation, field, value, scope }
  }),
)
/** Operations without a key, each with the credential that it needs instead. */
const open = new Map([['receiveProcessorMessage', 'a signature of the processor']])

/** Bodies that are valid enough for a request to reach the object that it names. */
const bodies: Readonly<Record<string, () => object>> = {
  createClientToken: () => ({ payment_id: things['/v1/payments/:id'] }),
  updateWebhookEndpoint: () => ({ enabled: false }),
  replayWebhookEndpoint: () => ({ since: '2024-06-15T10:32:00Z' }),
  resolvePayment: () => ({ resolution: 'captured', reason: 'It looks like it' }),
  updateMerchant: () => ({ name: 'Taken over' }),
  setProcessor: () => ({ processor: 'stripe', secret_key: 'sk_test_of_a_stand_in_001' }),
}

/**
 * The refusals that an operation is tried with. `npm test` tries every eighth, with a shift per
 * operation.
 */
function triedWith<T>(operation: Operation, refusals: readonly T[]): readonly T[] {
  const nth = keyed.indexOf(operation)
  return refusals.filter((_, n) => isLongRun || (n + nth) % 8 === 0)
}

describe('an operation', () => {
  test('without a key is in the list above, with the credential that it needs instead', () => {
    const ids = allOperations.filter(({ scope }) => scope === 'none').map(({ id }) => id)
    expect(ids).toEqual([...open.keys()])
  })

  test('with an id in its path is requested for an existing object', () => {
    const missing = keyed.filter((one) => one.path.includes(':') && pathOf(one).includes('/x'))
    expect(missing.map(({ id }) => id)).toEqual([])
  })
})

/** The state before the refusals below. None of them changes it. */
let before: string

beforeAll(async () => {
  before = await contents()
})

/** Checks after each test that nothing has changed. `npm test` checks once, after the refusals of all operations. */
async function expectUnchanged(): Promise<void> {
  if (isLongRun) expect(await contents()).toBe(before)
}

describe.each(keyed.map((operation) => [operation.id, operation] as const))(
  '%s',
  (_, operation) => {
    test('refuses a request without a key, or with a key that is malformed, revoked or expired', async () => {
      const given: [name: string, Given][] = [
        ['no key', {}],
        ['malformed', { authorization: 'Bearer sk_test_' }],
        ['another scheme', { authorization: `Basic ${btoa(`${fixture.servers[0]?.secretKey}:`)}` }],
        ['unknown', { authorization: 'Bearer sk_test_nobody_has_this_one' }],
        ['publishable', { authorization: `Bearer ${fixture.servers[0]?.publishableKey}` }],
        ['revoked', { authorization: bearer('revoked') }],
        ['expired', { authorization: bearer('expired') }],
        ['a forged client token', { authorization: `${bearer('client token')}x` }],
        ['a session of nobody', { cookie: 'hedge_session=x', headers: ownPage }],
        ['a session that was ended', { cookie: cookies.ended ?? '', headers: ownPage }],
        ['a session of a revoked key', { cookie: cookies.revoked ?? '', headers: ownPage }],
        ['a session of an expired key', { cookie: cookies.expired ?? '', headers: ownPage }],
        [
          'a key as a session',
          { cookie: `hedge_session=${fixture.servers[0]?.secretKey}`, headers: ownPage },
        ],
        ['a session as a key', { authorization: `Bearer ${cookies.own?.split('=')[1]}` }],
      ]
      for (const [name, one] of triedWith(operation, given)) {
        const { status, body } = await ask(operation, one)
        expect([status, body.error.code], name).toEqual([401, 'unauthorized'])
      }
      await expectUnchanged()
    })

    test('refuses a key that lacks any of its scopes, and a session of such a key', async () => {
      const wanted = scopesOf(operation)
      if (wanted.length === 0) return
      const lacking = (scope: Scope): [string, Given, Scope[]] => [
        `all but ${scope}`,
        { authorization: bearer(`all but ${scope}`) },
        [scope],
      ]
      const alone = (scope: Scope): [string, Given, Scope[]] => [
        scope,
        { authorization: bearer(scope) },
        wanted.filter((one) => one !== scope),
      ]
      const holder = wanted.includes('payments:read') ? 'merchants:write' : 'payments:read'
      const given: [name: string, Given, missing: readonly Scope[]][] = [
        ...wanted.map(lacking),
        ...triedWith(
          operation,
          scopes.map(alone).filter(([, , missing]) => missing.length > 0),
        ),
        ['a client token', { authorization: bearer('client token') }, wanted],
        [
          'a session',
          { cookie: cookies[holder] ?? '', headers: ownPage },
          wanted.filter((one) => one !== holder),
        ],
      ]
      for (const [name, one, missing] of given) {
        // A client token may read its own payment.
        if (name === 'a client token' && operation.id === 'retrievePayment') continue
        const { status, body } = await ask(operation, one)
        expect([status, body.error.code], name).toEqual([403, 'insufficient_permissions'])
        const { required_scope, missing_scopes } = body.error.details
        expect([required_scope, missing_scopes], name).toEqual([missing[0], missing])
      }
      await expectUnchanged()
    })

    test('reveals and changes nothing for another merchant or the other mode', async () => {
      for (const name of ['stranger', 'live']) {
        if (isAllowed(name)) continue
        const body = bodies[operation.id]
        const authorization = bearer(name)
        const answer = await ask(operation, { authorization, ...(body ? { body: body() } : {}) })
        if (operation.path.includes(':') || body) {
          expect([answer.status, answer.body.error.code], name).toEqual([404, 'not_found'])
        }
        // An answer may repeat what the request contained.
        const others = Object.values(things).filter((id) => !pathOf(operation).includes(id))
        for (const id of others.filter((one) => one !== fixture.owner.merchant_id && !body)) {
          expect(answer.text, `${name} ${id}`).not.toContain(id)
        }
      }
      await expectUnchanged()

      /** Streams do not end, creates make new objects, and a merchant has both modes. */
      function isAllowed(name: string): boolean {
        const isOwnMerchant = name === 'live' && operation.path.startsWith('/v1/merchants/:id')
        const makes =
          operation.method === 'POST' && !operation.path.includes(':') && !bodies[operation.id]
        return operation.id === 'streamEvents' || makes || isOwnMerchant
      }
    })

    test('refuses a change that another site requests with the cookie of a session', async () => {
      if (operation.method === 'GET') return
      const strange: Readonly<Record<string, string>>[] = [
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
        { 'sec-fetch-site': 'none' },
        { origin: 'https://evil.example.com' },
        { origin: 'null' },
        {},
      ]
      for (const headers of triedWith(operation, strange)) {
        const { status } = await ask(operation, { cookie: cookies.own ?? '', headers })
        expect(status, JSON.stringify(headers)).toBe(401)
      }
      await expectUnchanged()
    })
  },
)

test('no refused request has changed anything', async () => {
  expect(await contents()).toBe(before)
})

test.each(scoped.map((operation) => [operation.id, operation] as const))(
  '%s accepts a key with exactly its scopes, so the refusals above are due to missing scopes',
  async (_, operation) => {
    // Streams do not end. All other requests name objects that do not exist.
    if (operation.id === 'streamEvents') return
    const api = apiClient(fixture.servers[0]?.url ?? '', keys[scopesOf(operation).join(' ')] ?? '')
    const path = operation.path.replaceAll(/:\w+/g, 'nothing')
    const body = operation.body ? { body: { nonsense: 1 } } : {}
    expect([401, 403]).not.toContain((await api(operation.method, path, body)).status)
  },
)

test.each(
  demanding.map((one) => [`${one.operation.id} with ${one.field}: ${one.value}`, one] as const),
)(
  '%s also needs the scope of the data that the request reaches',
  async (_, { operation, field, value, scope }) => {
    const own = scopesOf(operation)
    const before = await contents()
    const body = { ...bodiesWith[operation.id]?.(), [field]: value }
    const url = fixture.servers[0]?.url ?? ''
    const poor = apiClient(url, keys[own.join(' ')] ?? '')
    const refused = await poor(operation.method, pathOf(operation), { body })
    expect([refused.status, refused.body.error.code]).toEqual([403, 'insufficient_permissions'])
    expect(refused.body.error.details.missing_scopes).toEqual([scope])
    expect(refused.body.error.message).toContain(scope)
    expect(await contents()).toBe(before)
    const made = await fixture.api('POST', '/v1/auth/api-keys', {
      body: { scopes: [...own, scope] },
    })
    const rich = apiClient(url, made.body.secret_key)
    const taken = await rich(operation.method, pathOf(operation), { body })
    expect([401, 403]).not.toContain(taken.status)
  },
)

/** The other fields that a body needs to be valid. */
const bodiesWith: Readonly<Record<string, () => object>> = {
  createCancellation: () => ({ payment_ids: [things['/v1/payments/:id']] }),
}

describe('a key with only webhooks:write', () => {
  test('cannot make the server send it any payment', async () => {
    const api = apiClient(fixture.servers[0]?.url ?? '', keys['webhooks:write'] ?? '')
    const endpoint = pathOf(operationOf('retrieveWebhookEndpoint'))
    const delivery = pathOf(operationOf('retrieveWebhookDelivery'))
    const before = await contents()
    const asked: [method: string, path: string, body: object | undefined][] = [
      ['POST', '/v1/webhooks/endpoints', { url: 'https://example.com/' }],
      ['PATCH', endpoint, { url: 'https://example.com/' }],
      ['PATCH', endpoint, { url: null }],
      ['PATCH', endpoint, { events: ['payment.created'] }],
      ['PATCH', endpoint, { description: 'mine', enabled: true }],
      ['POST', `${endpoint}/replay`, { since: '2000-01-01T00:00:00Z' }],
      ['POST', `${endpoint}/retry`, {}],
      ['POST', `${delivery}/retry`, {}],
      ['GET', delivery, undefined],
      ['GET', '/v1/webhooks/deliveries', undefined],
      ['POST', '/v1/webhooks/test', { payment_id: things['/v1/payments/:id'] }],
    ]
    for (const [method, path, body] of asked) {
      const { status } = await api(method, path, { body })
      expect([400, 403], `${method} ${path} ${JSON.stringify(body)}`).toContain(status)
    }
    expect(await contents()).toBe(before)
  })

  test('can read, describe, disable and delete endpoints, and rotate their secrets', async () => {
    const made = await fixture.api('POST', '/v1/webhooks/endpoints', {
      body: { url: 'https://example.com/hook', events: ['checkout.expired'] },
    })
    const api = apiClient(fixture.servers[0]?.url ?? '', keys['webhooks:write'] ?? '')
    const path = `/v1/webhooks/endpoints/${made.body.id}`
    const statuses = [
      await api('GET', path),
      await api('PATCH', path, { body: { description: 'on call: Ada' } }),
      await api('PATCH', path, { body: { rotate_secret: true } }),
      await api('PATCH', path, { body: { enabled: false } }),
      await api('DELETE', path),
    ].map(({ status }) => status)
    expect(statuses).toEqual(statuses.map(() => 200))
  })
})

function operationOf(id: string): Operation {
  const found = allOperations.find((one) => one.id === id)
  if (!found) throw new Error(`no operation ${id}`)
  return found
}
