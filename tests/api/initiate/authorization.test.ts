import {
  allOperations,
  type Operation,
  type Scope,
  scopes,
  scopesOf,
} from '@hedgepayments/contract'
import { beforeAll, describe, expect, test } from 'vitest'
import { apiClient, createPayment } from '../../support/http/api.ts'
import { createLiveMerchant, withServers } from '../../support/servers/servers.ts'
import { isLongRun } from '../../support/size.ts'
import { until } from '../../support/until.ts'

/**
 * Who may do what, asked of every operation of the contract: one that is added later is asked too.
 */
const demandingValues: Readonly<Record<string, unknown>> = {
  url: 'https://example.com/stolen',
  events: ['*'],
  payment_id: 'pay_of_somebody',
}

const fixture = withServers(1, {
  HEDGE_ENCRYPTION_KEY: 'a key of the test suite, 32 characters or more',
})

const keyed = allOperations.filter(({ scope }) => scope !== 'none')
const scoped = keyed.filter((operation) => scopesOf(operation).length > 0)

/** Every set of scopes that some request needs, by the name of the key that has it. */
const sets = new Map(
  [...new Set(keyed.map((one) => scopesOf(one).join(' ')))].map((name) => [
    name,
    name.split(' ') as Scope[],
  ]),
)

/** Bodies that need more scopes than other bodies of their operation, and which. */
const demanding = keyed.flatMap((operation) =>
  (operation.scopesOfBody ?? []).map(({ field, is, scope }) => {
    const value = is ?? demandingValues[field]
    return { operation, field, value, scope }
  }),
)
/** Operations without a key, each with what it asks for in the place of one. */
const open = new Map([['receiveProcessorMessage', 'a signature of the processor']])

/** Things of the first merchant in test mode, which nobody else may see or touch. */
const things: Record<string, string> = {}
const keys: Record<string, string> = {}
const cookies: Record<string, string> = {}

interface Given {
  readonly authorization?: string
  readonly cookie?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
}

beforeAll(async () => {
  const { api, sql } = fixture
  const url = fixture.servers[0]?.url ?? ''
  const make = async (path: string, body: object) => (await api('POST', path, { body })).body
  const payment = await createPayment(api)
  Object.assign(things, {
    '/v1/payments/:id': payment.id,
    '/v1/events/:id': (await api('GET', `/v1/payments/${payment.id}/events`)).body.data[0].id,
    '/v1/checkout/sessions/:id': (
      await make('/v1/checkout/sessions', { amount: 100, currency: 'USD' })
    ).id,
    '/v1/cancellations/:id': (
      await make('/v1/cancellations', { payment_ids: [payment.id], dry_run: true })
    ).id,
    '/v1/webhooks/endpoints/:id': (
      await make('/v1/webhooks/endpoints', { url: 'http://127.0.0.1:1/' })
    ).id,
    '/v1/auth/api-keys/:id': (await make('/v1/auth/api-keys', {})).id,
    '/v1/merchants/:id': fixture.owner.merchant_id,
  })
  await make('/v1/webhooks/test', {})
  const delivery = await until('there is a delivery', async () => {
    return (await api('GET', '/v1/webhooks/deliveries')).body.data[0]
  })
  things['/v1/webhooks/deliveries/:id'] = delivery.id
  await make(`/v1/merchants/${fixture.owner.merchant_id}/processor`, {
    processor: 'stripe',
    secret_key: 'sk_test_of_a_stand_in_000',
  })

  const other = await createLiveMerchant(fixture)
  const live = await sql.query(
    `update api_keys set merchant_id = $1 where merchant_id = $2 and livemode returning 1`,
    [fixture.owner.merchant_id, other.id],
  )
  expect(live).toHaveLength(1)
  keys.stranger = other.testKey
  keys.live = other.liveKey
  keys.revoked = (await make('/v1/auth/api-keys', {})).secret_key
  keys.expired = (await make('/v1/auth/api-keys', {})).secret_key
  for (const scope of scopes) {
    keys[scope] = (await make('/v1/auth/api-keys', { scopes: [scope] })).secret_key
    const rest = scopes.filter((one) => one !== scope)
    keys[`all but ${scope}`] = (await make('/v1/auth/api-keys', { scopes: rest })).secret_key
  }
  for (const [name, given] of sets) {
    if (name === '' || given.length < 2) continue
    keys[name] = (await make('/v1/auth/api-keys', { scopes: given })).secret_key
    for (const lacking of given) {
      const rest = given.filter((one) => one !== lacking)
      keys[`${name} but ${lacking}`] = (
        await make('/v1/auth/api-keys', { scopes: rest })
      ).secret_key
    }
  }
  for (const name of ['expired', 'revoked', 'payments:read', 'merchants:write', 'stranger']) {
    cookies[name] = await signIn(url, keys[name] ?? '')
  }
  cookies.ended = await signIn(url, fixture.servers[0]?.secretKey ?? '')
  cookies.own = await signIn(url, fixture.servers[0]?.secretKey ?? '')
  await fetch(`${url}/dashboard/api/session`, {
    method: 'DELETE',
    headers: { cookie: cookies.ended, 'sec-fetch-site': 'same-origin' },
  })
  const body = { payment_id: payment.id }
  keys['client token'] = (await api('POST', '/v1/auth/client-token', { body })).body.token
  await end('revoked', 'revoked_at = now()')
  await end('expired', `expires_at = now() - interval '1 second'`)

  async function end(name: string, how: string): Promise<void> {
    await sql.query(`update api_keys set ${how} where secret_hash = sha256($1::bytea)`, [
      Buffer.from(keys[name] ?? ''),
    ])
    await until(`the key is ${name}`, async () => {
      return (await apiClient(url, keys[name] ?? '')('GET', '/v1/payments')).status === 401
    })
  }
})

async function signIn(url: string, secretKey: string): Promise<string> {
  const response = await fetch(`${url}/dashboard/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify({ secret_key: secretKey }),
  })
  expect(response.status).toBe(201)
  return response.headers.get('set-cookie')?.split(';', 1)[0] ?? ''
}

/** The path of an operation, to the first merchant's own thing where it names one. */
function pathOf(operation: Operation): string {
  const base = Object.keys(things).find((one) => `${operation.path}/`.startsWith(`${one}/`))
  const path = base
    ? operation.path.replace(base, base.replace(':id', things[base] ?? ''))
    : operation.path
  return path.replaceAll(/:\w+/g, 'x')
}

/** Asks for an operation, of the first merchant's things. */
async function ask(operation: Operation, { authorization, cookie, headers = {}, body }: Given) {
  const api = apiClient(fixture.servers[0]?.url ?? '', null)
  return await api(operation.method, pathOf(operation), {
    headers: {
      ...(authorization === undefined ? {} : { authorization }),
      ...(cookie === undefined ? {} : { cookie }),
      ...headers,
    },
    ...(body ? { body } : {}),
  })
}

/** What makes a request whole, where it needs a body to get as far as to the thing that it names. */
const bodies: Readonly<Record<string, () => object>> = {
  createClientToken: () => ({ payment_id: things['/v1/payments/:id'] }),
  updateWebhookEndpoint: () => ({ enabled: false }),
  replayWebhookEndpoint: () => ({ since: '2024-06-15T10:32:00Z' }),
  updateMerchant: () => ({ name: 'Taken over' }),
  setProcessor: () => ({ processor: 'stripe', secret_key: 'sk_test_of_a_stand_in_001' }),
}

/** Of some refusals, those that an operation is tried with: `npm test` tries every third, from another one on each. */
function triedWith<T>(operation: Operation, refusals: readonly T[]): readonly T[] {
  const nth = keyed.indexOf(operation)
  return refusals.filter((_, n) => isLongRun || (n + nth) % 3 === 0)
}

const bearer = (name: string) => `Bearer ${keys[name]}`
const ownPage = { 'sec-fetch-site': 'same-origin' }

/** What workers change by themselves is not the result of a request. */
const ofWorkers =
  /^(rate_counts|retention_tasks|webhook_|payment_tasks|event_relay|stats|dashboard_|.*count)/

/** One statement that sums up every table that only requests change. */
let contentsStatement: string | undefined

/** Everything that a refused request must not change. */
async function contents(): Promise<string> {
  contentsStatement ??= await prepareContents()
  const rows = await fixture.sql.query(contentsStatement)
  return rows.map((row) => `${row.name} ${row.sum}`).join('\n')
}

async function prepareContents(): Promise<string> {
  const tables = await fixture.sql.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public' order by 1`,
  )
  return tables
    .filter(({ name }) => !ofWorkers.test(name))
    .map(
      ({ name }) =>
        `select '${name}' as name,
           md5(coalesce(string_agg(t::text, ',' order by t::text), '')) as sum from ${name} t`,
    )
    .join(' union all ')
}

describe('an operation', () => {
  test('without a key is one of these, and asks for something in its place', () => {
    const ids = allOperations.filter(({ scope }) => scope === 'none').map(({ id }) => id)
    expect(ids).toEqual([...open.keys()])
  })

  test('of the contract is met with a thing that exists', () => {
    const missing = keyed.filter((one) => one.path.includes(':') && pathOf(one).includes('/x'))
    expect(missing.map(({ id }) => id)).toEqual([])
  })
})

describe.each(keyed.map((operation) => [operation.id, operation] as const))(
  '%s',
  (_, operation) => {
    test('refuses a request without a key, or with a key that is malformed, revoked or expired', async () => {
      const before = await contents()
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
      expect(await contents()).toBe(before)
    })

    test('refuses a key that lacks any of its scopes, and a session of such a key', async () => {
      const wanted = scopesOf(operation)
      if (wanted.length === 0) return
      const before = await contents()
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
        // What a client token is for: its own payment.
        if (name === 'a client token' && operation.id === 'retrievePayment') continue
        const { status, body } = await ask(operation, one)
        expect([status, body.error.code], name).toEqual([403, 'insufficient_permissions'])
        const { required_scope, missing_scopes } = body.error.details
        expect([required_scope, missing_scopes], name).toEqual([missing[0], missing])
      }
      expect(await contents()).toBe(before)
    })

    test('shows and gives nothing to another merchant or the other mode', async () => {
      const before = await contents()
      for (const name of ['stranger', 'live']) {
        if (isAllowed(name)) continue
        const body = bodies[operation.id]
        const authorization = bearer(name)
        const answer = await ask(operation, { authorization, ...(body ? { body: body() } : {}) })
        if (operation.path.includes(':') || body) {
          expect([answer.status, answer.body.error.code], name).toEqual([404, 'not_found'])
        }
        // What the request named may be repeated to it.
        const others = Object.values(things).filter((id) => !pathOf(operation).includes(id))
        for (const id of others.filter((one) => one !== fixture.owner.merchant_id && !body)) {
          expect(answer.text, `${name} ${id}`).not.toContain(id)
        }
      }
      expect(await contents()).toBe(before)

      /** A stream has no end, what makes something makes it for itself, and a merchant has two modes. */
      function isAllowed(name: string): boolean {
        const isOwnMerchant = name === 'live' && operation.path.startsWith('/v1/merchants/:id')
        const makes =
          operation.method === 'POST' && !operation.path.includes(':') && !bodies[operation.id]
        return operation.id === 'streamEvents' || makes || isOwnMerchant
      }
    })

    test('does not let another site ride on a session', async () => {
      if (operation.method === 'GET') return
      const before = await contents()
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
      expect(await contents()).toBe(before)
    })
  },
)

test.each(scoped.map((operation) => [operation.id, operation] as const))(
  '%s takes a key with its scopes alone, so that the refusals above are for lack of it',
  async (_, operation) => {
    // A stream does not end by itself; nothing that is asked of the rest exists.
    if (operation.id === 'streamEvents') return
    const api = apiClient(fixture.servers[0]?.url ?? '', keys[scopesOf(operation).join(' ')] ?? '')
    const path = operation.path.replaceAll(/:\w+/g, 'nothing')
    const body = operation.body ? { body: { nonsense: 1 } } : {}
    expect([401, 403]).not.toContain((await api(operation.method, path, body)).status)
  },
)

test.each(
  demanding.map((one) => [`${one.operation.id} with ${one.field}: ${one.value}`, one] as const),
)('%s needs the scope of what it reaches', async (_, { operation, field, value, scope }) => {
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
  const made = await fixture.api('POST', '/v1/auth/api-keys', { body: { scopes: [...own, scope] } })
  const rich = apiClient(url, made.body.secret_key)
  const taken = await rich(operation.method, pathOf(operation), { body })
  expect([401, 403]).not.toContain(taken.status)
})

/** What else a body needs to be whole. */
const bodiesWith: Readonly<Record<string, () => object>> = {
  createCancellation: () => ({ payment_ids: [things['/v1/payments/:id']] }),
}

describe('a key with webhooks:write alone', () => {
  test('cannot have any payment sent to it, in any way', async () => {
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

  test('still operates endpoints: it reads, describes, stops and deletes them, and rotates secrets', async () => {
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
