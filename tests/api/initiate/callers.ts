import {
  allOperations,
  type Operation,
  type Scope,
  scopes,
  scopesOf,
} from '@hedgepayments/contract'
import { beforeAll, expect } from 'vitest'
import { apiClient, createPayment } from '../../support/http/api.ts'
import { createLiveMerchant, type Servers, withServers } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'

let fixture: Servers

/**
 * Starts a server before a file's tests, with keys and sessions of every kind. The returned object is
 * complete by then.
 */
export function withCallers(): Servers {
  fixture = withServers(1, {
    HEDGE_ENCRYPTION_KEY: 'a key of the test suite, 32 characters or more',
  })
  beforeAll(makeCallers)
  return fixture
}

/** Operations that need a key. */
export const keyed = allOperations.filter(({ scope }) => scope !== 'none')
/** Operations that need a scope. */
export const scoped = keyed.filter((operation) => scopesOf(operation).length > 0)

/** Every set of scopes that a request needs, by the name of the key that has it. */
const sets = new Map(
  [...new Set(keyed.map((one) => scopesOf(one).join(' ')))].map((name) => [
    name,
    name.split(' ') as Scope[],
  ]),
)

/** Objects of the first merchant in test mode, which no other merchant may read or change. */
export const things: Record<string, string> = {}
/** Secret keys and tokens, by their kind. */
export const keys: Record<string, string> = {}
/** Cookies of sessions at the dashboard, by the kind of their key. */
export const cookies: Record<string, string> = {}

/** The credentials of a request. */
export interface Given {
  readonly authorization?: string
  readonly cookie?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
}

/** Inserts a dispute. A real one would be looked up, and so change the database, during the tests. */
async function insertDispute(paymentId: string): Promise<string> {
  await fixture.sql.query(
    `insert into disputes (merchant_id, livemode, id, payment_id, processor, processor_reference,
       amount, withdrawn_amount, currency, fee, status, reason, created_at, updated_at)
     select merchant_id, livemode, 'dp_1', id, 'sandbox', 'sbxd_1', amount, 0, currency, 0, 'won',
       'fraudulent', now(), now() from payments where id = $1`,
    [paymentId],
  )
  return 'dp_1'
}

/** Creates the keys, the sessions, and an object of each kind. */
async function makeCallers(): Promise<void> {
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
    '/v1/disputes/:id': await insertDispute(payment.id),
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
}

async function signIn(url: string, secretKey: string): Promise<string> {
  const response = await fetch(`${url}/dashboard/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify({ secret_key: secretKey }),
  })
  expect(response.status).toBe(201)
  return response.headers.get('set-cookie')?.split(';', 1)[0] ?? ''
}

/** The path of an operation, with the ids of the first merchant's objects. */
export function pathOf(operation: Operation): string {
  const base = Object.keys(things).find((one) => `${operation.path}/`.startsWith(`${one}/`))
  const path = base
    ? operation.path.replace(base, base.replace(':id', things[base] ?? ''))
    : operation.path
  return path.replaceAll(/:\w+/g, 'x')
}

/** Sends a request of an operation for the first merchant's objects. */
export async function ask(
  operation: Operation,
  { authorization, cookie, headers = {}, body }: Given,
) {
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

/** The authorization header of a key. */
export const bearer = (name: string) => `Bearer ${keys[name]}`
/** The headers that the dashboard's own pages send. */
export const ownPage = { 'sec-fetch-site': 'same-origin' }

/** Columns that workers change are not results of the request. */
const ofWorkers =
  /^(rate_counts|retention_tasks|webhook_|payment_tasks|event_relay|event_hours|ledger_balances|seal|stats|daily_|hourly_|dashboard_|.*count)/

/** One statement that hashes every table that only requests change. */
let contentsStatement: string | undefined

/** The state that a refused request must not change. */
export async function contents(): Promise<string> {
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
