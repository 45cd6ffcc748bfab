import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestDatabase } from '../../support/databases/postgres.ts'
import { query } from '../../support/databases/postgres-server.ts'
import { type Api, apiClient, createPayment } from '../../support/http/api.ts'
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
const cancel = (id: string) => api('POST', `/v1/payments/${id}/cancel`)

describe('what the page may know', () => {
  test('is enough to pay, and nothing of the customer, the metadata or the keys', async () => {
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
      'stage',
      'success_url',
      'version',
    ])
    expect(JSON.stringify(body)).not.toMatch(/ada@|secret|plan|key_|merch_/)
  })

  test('there is no page for an id that nobody was given', async () => {
    for (const id of ['cs_0', 'pay_0', 'x', '%00', 'pay_..']) {
      const response = await fetch(`${server.url}/pay/api/${id}`)
      expect(response.status, id).toBe(404)
    }
  })

  test('the page and its files may load from this server only, and be framed by nobody', async () => {
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

describe('pay', () => {
  test('a payment is paid by its own link', async () => {
    const payment = await createPayment(api)
    const { body } = await pageOf(payment).payWithCard('4242424242424242')
    expect(['accepted', 'paid']).toContain(body.stage)
    expect((await read(payment.id)).status).toMatch(/initiated|processing|succeeded/)
  })

  test('a declined payment is final; its link takes no other card', async () => {
    const payment = await createPayment(api)
    const page = pageOf(payment)
    const { body } = await page.payWithCard('4000000000000002')
    expect(body).toMatchObject({ stage: 'declined', decline_code: 'card_declined' })
    expect((await page.payWithCard('4242424242424242')).body.stage).toBe('declined')
    expect((await read(payment.id)).status).toBe('failed')
  })

  test('a session takes another try as a new payment, with everything of the first', async () => {
    const session = await createSession({ metadata: { order: '9' }, cancel_window: 30 })
    const page = pageOf(session)
    const declined = await page.payWithCard('4000000000009995')
    expect(declined.body).toMatchObject({ stage: 'open', decline_code: 'insufficient_funds' })
    const paid = await page.payWithCard('4242424242424242')
    expect(paid.body).toMatchObject({ stage: 'accepted', decline_code: null })
    const now = (await api('GET', `/v1/checkout/sessions/${session.id}`)).body
    expect(now.status).toBe('complete')
    expect(now.payment_id).not.toBe(session.payment_id)
    expect(await read(session.payment_id)).toMatchObject({ status: 'failed' })
    expect(await read(now.payment_id)).toMatchObject({
      status: 'initiated',
      customer_email: 'ada@example.com',
      metadata: { order: '9' },
      cancel_window: 30,
      amount: 1999,
    })
  })

  test('two tabs that pay at once pay once', async () => {
    const session = await createSession()
    const page = pageOf(session)
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => page.payWithCard('4242424242424242')),
    )
    for (const { body } of answers) expect(['accepted', 'paid']).toContain(body.stage)
    const { body: list } = await api('GET', '/v1/payments?limit=100')
    const made = list.data.filter((payment: { url: string }) => payment.url === session.url)
    expect(made).toHaveLength(1)
  })

  test('somebody who tries out cards is stopped', async () => {
    const session = await createSession()
    const page = pageOf(session)
    for (let n = 0; n < 10; n++) await page.payWithCard('4000000000000002')
    expect((await page.read()).stage).toBe('declined')
    const { body: list } = await api('GET', '/v1/payments?limit=100')
    const made = list.data.filter((payment: { url: string }) => payment.url === session.url)
    expect(made).toHaveLength(10)
  })

  test('a bank account instead of a card is a payment of its own; the other one is canceled', async () => {
    const session = await createSession({ payment_method_types: ['card', 'ach'] })
    const { body } = await pageOf(session).payWithAccount('1111222233330000')
    expect(['accepted', 'paid']).toContain(body.stage)
    const now = (await api('GET', `/v1/checkout/sessions/${session.id}`)).body
    expect(await read(now.payment_id)).toMatchObject({ payment_method: 'ach' })
    expect(await read(session.payment_id)).toMatchObject({
      status: 'canceled',
      cancellation_reason: 'payment_method_changed',
    })
  })

  test('where the merchant gave no e-mail the customer does, and then there is a payment', async () => {
    const session = await createSession({ customer_email: null })
    expect(session.payment_id).toBeNull()
    const page = pageOf(session)
    expect((await page.read()).needs_email).toBe(true)
    const without = await page.payWithCard('4242424242424242')
    expect(without.status).toBe(400)
    const given = await page.payWithCard('4242424242424242', { email: 'grace@example.com' })
    expect(['accepted', 'paid']).toContain(given.body.stage)
    const now = (await api('GET', `/v1/checkout/sessions/${session.id}`)).body
    expect(now.customer_email).toBe('grace@example.com')
    expect((await read(now.payment_id)).customer_email).toBe('grace@example.com')
  })

  test('the way on carries the ids that the merchant needs', async () => {
    const session = await createSession({ success_url: 'https://shop.example/thanks?a=1' })
    const { body } = await pageOf(session).payWithCard('4242424242424242')
    expect(body.success_url).toBe(
      `https://shop.example/thanks?a=1&session_id=${session.id}&payment_id=${session.payment_id}`,
    )
  })
})

describe('3-D Secure', () => {
  const needsConfirmation = '4000000000003220'

  test('a payment that is confirmed goes through', async () => {
    const session = await createSession()
    const page = pageOf(session)
    const { body } = await page.payWithCard(needsConfirmation)
    expect(body.stage).toBe('confirming')
    expect((await read(session.payment_id)).status).toBe('pending')
    const confirmed = await page.ask('/confirm', { confirmed: true })
    expect(['accepted', 'paid']).toContain(confirmed.body.stage)
  })

  test.each([
    ['refused by the customer', needsConfirmation, false],
    ['refused by the bank', '4000000000003063', true],
  ])('a confirmation that is %s is a decline, and leaves another try', async (_, number, yes) => {
    const page = pageOf(await createSession())
    await page.payWithCard(number)
    const { body } = await page.ask('/confirm', { confirmed: yes })
    expect(body).toMatchObject({ stage: 'open', decline_code: 'authentication_failed' })
    expect((await page.payWithCard('4242424242424242')).body.stage).toMatch(/accepted|paid/)
  })

  test('a payment that is canceled in the middle takes no money', async () => {
    const session = await createSession()
    const page = pageOf(session)
    await page.payWithCard(needsConfirmation)
    expect((await cancel(session.payment_id)).status).toBe(200)
    expect((await page.read()).stage).toBe('canceled')
    expect((await page.ask('/confirm', { confirmed: true })).body.stage).toBe('canceled')
    expect((await page.payWithCard('4242424242424242')).body.stage).toBe('canceled')
    expect((await read(session.payment_id)).status).toBe('canceled')
    const moved = `select kind from sandbox_movements where payment_id = '${session.payment_id}'
      and kind = 'capture'`
    expect(await query(database.url, moved)).toEqual([])
  })
})

describe('live', () => {
  test('an open page is told of a cancel without asking', async () => {
    const session = await createSession()
    const page = pageOf(session)
    const stop = new AbortController()
    const states = await page.live(stop.signal)
    expect((await states.next()).value.stage).toBe('open')
    await cancel(session.payment_id)
    expect((await states.next()).value.stage).toBe('canceled')
    stop.abort()
    await states.next().catch(() => undefined)
  })

  test('the versions of what is told only grow, over a decline and another try', async () => {
    const session = await createSession()
    const page = pageOf(session)
    const seen = [await page.read()]
    seen.push((await page.payWithCard('4000000000000002')).body)
    seen.push((await page.payWithCard('4000000000003220')).body)
    seen.push((await page.ask('/confirm', { confirmed: true })).body)
    expect(seen.map(({ stage }) => stage)).toEqual([
      'open',
      'open',
      'confirming',
      expect.stringMatching(/accepted|paid/),
    ])
    for (const [i, { version }] of seen.entries()) {
      expect(version).toBeGreaterThan(seen[i - 1]?.version ?? 0)
    }
  })

  test('a server that stops does not wait for open pages', async () => {
    const other = await startServer({ databaseUrl: database.url })
    const session = await createSession()
    const states = await pageClient(other.url, session.url).live(new AbortController().signal)
    await states.next()
    expect(await other.stop()).toBe(0)
  })
})

describe('numbers', () => {
  test('only those of test cards are taken, and the answer repeats none', async () => {
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

  test('no number is in the database or the log', async () => {
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

describe('live mode', () => {
  test('the page offers no way to type a card, and takes none', async () => {
    const { live } = await createLiveMerchant({ servers: [server], api, database }, 'Live shop')
    const { body: session } = await live('POST', '/v1/checkout/sessions', {
      body: { amount: 100, currency: 'USD', customer_email: 'ada@example.com' },
    })
    const page = pageOf(session)
    const shown = { livemode: true, methods: [], stage: 'open', merchant_name: 'Live shop' }
    expect(await page.read()).toMatchObject(shown)
    expect((await page.ask('/tokens', card('4242424242424242'))).status).toBe(404)
    const order = { method: 'card', token: 'tok_visa' }
    expect((await page.ask('/pay', order)).status).toBeGreaterThanOrEqual(400)
    expect(await page.read()).toMatchObject(shown)
  })
})

describe('other sites', () => {
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

  test('cannot send a form either', async () => {
    const session = await createSession()
    const response = await fetch(`${server.url}/pay/api/${session.id}/pay`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: '{"method":"card","token":"tok_visa"}',
    })
    expect(response.status).toBe(415)
  })
})
