import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestDatabase } from '../../support/databases/postgres.ts'
import { query } from '../../support/databases/postgres-server.ts'
import { type Api, apiClient } from '../../support/http/api.ts'
import {
  createMigratedDatabase,
  startServer,
  type TestServer,
} from '../../support/servers/server.ts'
import { createLiveMerchant } from '../../support/servers/servers.ts'
import { card, pageClient } from './page.ts'

let database: TestDatabase
let server: TestServer
let api: Api

beforeAll(async () => {
  database = await createMigratedDatabase()
  server = await startServer({ databaseUrl: database.url, env: { LOG_LEVEL: 'trace' } })
  api = apiClient(server.url, server.secretKey)
})

afterAll(async () => {
  await server?.stop()
  await database?.drop()
})

async function createSession(more: Record<string, unknown> = {}) {
  const { status, body } = await api('POST', '/v1/checkout/sessions', {
    body: { amount: 1999, currency: 'USD', customer_email: 'ada@example.com', ...more },
  })
  expect(status).toBe(201)
  return body
}

const pageOf = (link: { url: string }) => pageClient(server.url, link.url)
const read = async (id: string) => (await api('GET', `/v1/payments/${id}`)).body

describe('the payment page', () => {
  test('shows what is needed to pay, and nothing of the customer, the metadata or the keys', async () => {
    const session = await createSession({ metadata: { secret: 'plan' }, customer_id: 'c-secret' })
    const { status, headers, body } = await pageOf(session).ask('')
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(Object.keys(body).sort()).toEqual([
      'amount',
      'cancel_url',
      'confirm_url',
      'currency',
      'decline_code',
      'description',
      'expires_at',
      'livemode',
      'merchant_name',
      'methods',
      'needs_email',
      'now',
      'payment_method',
      'stage',
      'stripe',
      'success_url',
      'version',
    ])
    expect(JSON.stringify(body)).not.toMatch(/ada@|secret|plan|key_|merch_/)
  })

  test('is 404 for an unknown id', async () => {
    for (const id of ['cs_0', 'pay_0', 'x', '%00', 'pay_..']) {
      const response = await fetch(`${server.url}/pay/api/${id}`)
      expect(response.status, id).toBe(404)
    }
  })

  test('loads its files from this server only, and cannot be framed by any page', async () => {
    const session = await createSession()
    for (const path of [`/checkout/${session.id}`, `/pay/${session.payment_id}`]) {
      const { status, headers } = await fetch(server.url + path)
      expect(status).toBe(200)
      expect(headers.get('cache-control')).toBe('no-store')
      const policy = headers.get('content-security-policy') ?? ''
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toMatch(/unsafe|https?:|\*/)
    }
  })
})

describe('card numbers on the payment page', () => {
  test('are accepted for test cards only, and never repeated in an answer', async () => {
    const page = pageOf(await createSession())
    for (const number of ['4111111111111111', '4012888888881881', '42']) {
      const { status, body } = await page.ask('/tokens', card(number))
      expect(status).toBe(400)
      expect(JSON.stringify(body)).not.toContain(number)
    }
    const inOrder = { method: 'card', token: '4242424242424242' }
    const { status, body } = await page.ask('/pay', inOrder)
    expect(status).toBe(400)
    expect(JSON.stringify(body)).not.toContain('4242424242424242')
  })

  test('are never written to the database or the log', async () => {
    const number = '5555555555554444'
    await pageOf(await createSession()).payWithCard(number)
    const tables = await query(
      database.url,
      `select table_name from information_schema.tables where table_schema = 'public'`,
    )
    expect(tables.length).toBeGreaterThan(5)
    for (const table of tables) {
      const found = await query(
        database.url,
        `select count(*)::int from "${String(table)}" t where t::text like '%${number}%'`,
      )
      expect(found, String(table)).toEqual([0])
    }
    expect(server.log()).not.toContain(number)
  })
})

describe('in live mode', () => {
  test('the page offers no card form, and refuses cards', async () => {
    const { live } = await createLiveMerchant({ servers: [server], api, database }, 'Live shop')
    const { body: session } = await live('POST', '/v1/checkout/sessions', {
      body: { amount: 100, currency: 'USD', customer_email: 'ada@example.com' },
    })
    const page = pageOf(session)
    const shown = {
      livemode: true,
      methods: [],
      stripe: null,
      stage: 'open',
      merchant_name: 'Live shop',
    }
    expect(await page.read()).toMatchObject(shown)
    expect((await page.ask('/tokens', card('4242424242424242'))).status).toBe(404)
    const order = { method: 'card', token: 'tok_visa' }
    expect((await page.ask('/pay', order)).status).toBeGreaterThanOrEqual(400)
    expect(await page.read()).toMatchObject(shown)
  })
})

describe('a request from another site', () => {
  test.each([
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
  ])('cannot pay: %j', async (headers: Record<string, string>) => {
    const session = await createSession()
    const order = { method: 'card', token: 'tok_visa' }
    const { status } = await pageOf(session).ask('/pay', order, headers)
    expect(status).toBe(401)
    expect((await read(session.payment_id)).status).toBe('pending')
  })

  test('cannot be the submission of a form', async () => {
    const session = await createSession()
    const response = await fetch(`${server.url}/pay/api/${session.id}/pay`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: '{"method":"card","token":"tok_visa"}',
    })
    expect(response.status).toBe(415)
  })
})

// The last test, because it stops the server.
test('a stop of the server does not wait for open pages', async () => {
  const states = await pageOf(await createSession()).live(new AbortController().signal)
  await states.next()
  expect(await server.stop()).toBe(0)
})
