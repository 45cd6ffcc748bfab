import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asciiDigits } from '../../../packages/server/src/domain/card-number.ts'
import type { TestDatabase } from '../../support/databases/postgres.ts'
import { openSql, type Sql } from '../../support/databases/sql.ts'
import { type Api, apiClient, createPayment, paymentBody } from '../../support/http/api.ts'
import {
  createMigratedDatabase,
  startServer,
  type TestServer,
} from '../../support/servers/server.ts'
import { createLiveMerchant } from '../../support/servers/servers.ts'
import { isLongRun, size } from '../../support/size.ts'
import { until } from '../../support/until.ts'
import { card, pageClient } from '../checkout/page.ts'

/** Valid numbers of cards that are not test cards, and one of a test card. */
const numbers = ['4111111111111111', '4000056655665556', '4242424242424242', '378282246310005']
/** Proves that the search finds numbers: free text belongs to the merchant and is stored unchanged. */
const kept = '6011000990139424'

const shapes: readonly [name: string, of: (number: string) => string][] = [
  ['after a prefix', (number) => `pm_${number}`],
  ['after a letter', (number) => `x${number}`],
  ['within', (number) => `tok${number}end`],
  ['in groups after a prefix', (number) => `tok_${number.replaceAll(/(\d{4})/g, '$1-')}`],
  ['with dots', (number) => number.replaceAll(/(\d{4})/g, '$1.')],
  ['with spaces around', (number) => ` ${number} `],
  ['with underlines', (number) => [...number].join('_')],
  ['percent-encoded', (number) => [...number].map((digit) => `%3${digit}`).join('')],
  ['in full-width digits', (number) => digitsFrom(number, 0xff10)],
  ['in Arabic digits', (number) => digitsFrom(number, 0x660)],
  ['in mathematical digits', (number) => digitsFrom(number, 0x1d7ce)],
  ['with no-break spaces', (number) => number.replaceAll(/(\d{4})/g, '$1\u00a0')],
  ['after zeros', (number) => `0000${number}`],
  ['in a long text', (number) => `${'x'.repeat(300)}${number}`],
  ['at the beginning of a long text', (number) => `${number}${'x'.repeat(300)}`],
  ['as an address', (number) => `https://example.com/${number}?n=${number}`],
]

/** The shapes for a mode. `npm test` tries four of sixteen, and four others in the other mode. */
function shapesFor(mode: 'test' | 'live') {
  return shapes.filter((_, n) => isLongRun || n % 4 === (mode === 'test' ? 0 : 1))
}

/** The numbers for a shape. `npm test` tries one, and another one in the next shape. */
function numbersFor(name: string): string[] {
  const nth = shapes.findIndex(([one]) => one === name)
  return numbers.filter((_, n) => isLongRun || n === nth % numbers.length)
}

const spans: string[] = []
const collector = createServer((request, response) => {
  request.setEncoding('utf8')
  request.on('data', (chunk: string) => spans.push(chunk))
  request.on('end', () => response.end('{}'))
})

let database: TestDatabase
let server: TestServer
let sql: Sql
let test_: Api
let live: Api
const answers: string[] = []

beforeAll(async () => {
  database = await createMigratedDatabase()
  await once(collector.listen(0, '127.0.0.1'), 'listening')
  const { port } = collector.address() as AddressInfo
  server = await startServer({
    databaseUrl: database.url,
    env: { LOG_LEVEL: 'trace', OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` },
  })
  sql = openSql(database.url)
  test_ = recorded(apiClient(server.url, server.secretKey))
  const made = await createLiveMerchant({ servers: [server], api: test_, database })
  live = recorded(made.live)
  await sql.query('update api_keys set requests_per_minute = 1000000 where livemode')
})

afterAll(async () => {
  await server?.stop()
  collector.close()
  await sql?.close()
  await database?.drop()
})

describe.each(['test', 'live'] as const)('in %s mode a card number', (mode) => {
  const api = () => (mode === 'test' ? test_ : live)

  describe.each(shapesFor(mode))('%s', (name, shape) => {
    test.each([undefined, 'create', 'create-initiate'])(
      'is refused by a create (key: %s)',
      async (key) => {
        for (const number of numbersFor(name)) {
          const body = paymentBody({
            payment_method_token: shape(number),
            initiate: key === 'create-initiate',
          })
          await refused(api(), '/v1/payments', { body, key: key && `${key} ${name} ${number}` })
        }
      },
    )

    test.each([undefined, 'initiate'])('is refused by an initiate (key: %s)', async (key) => {
      const { id } = await createPayment(api())
      for (const number of numbersFor(name)) {
        const body = { payment_method_token: shape(number) }
        const more = { body, key: key && `${key} ${name} ${number}` }
        await refused(api(), `/v1/payments/${id}/initiate`, more)
      }
      expect((await api()('GET', `/v1/payments/${id}`)).body.status).toBe('pending')
    })

    test('is refused by the hosted page', async () => {
      const payment = await createPayment(api())
      const { body: session } = await api()('POST', '/v1/checkout/sessions', {
        body: { amount: 100, currency: 'USD', customer_email: 'ada@example.com' },
      })
      for (const link of [payment.url, session.url]) {
        const page = pageClient(server.url, link)
        for (const number of numbersFor(name)) {
          const { status, body } = await page.ask('/pay', { method: 'card', token: shape(number) })
          expect([status, body.error.code]).toEqual(
            mode === 'test' ? [400, 'invalid_request'] : [404, 'not_found'],
          )
          answers.push(JSON.stringify(body))
        }
      }
      expect((await api()('GET', `/v1/payments/${payment.id}`)).body.status).toBe('pending')
    })
  })

  test.each([
    ['a number', (number: string) => ({ payment_method_token: Number(number) })],
    ['a list', (number: string) => ({ payment_method_token: [number] })],
    ['an object', (number: string) => ({ payment_method_token: { number } })],
    ['an unknown field', (number: string) => ({ card_number: number })],
    ['the name of a field', (number: string) => ({ [number]: 1 })],
    ['the name of a field in groups', (number: string) => ({ [`4 ${number} 4`]: 1 })],
    ['a currency', (number: string) => ({ currency: number })],
    ['an amount', (number: string) => ({ amount: Number(number) })],
    ['an amount as text', (number: string) => ({ amount: number })],
  ])('is not repeated by the refusal of an invalid token: %s', async (_, more) => {
    const path = `/v1/payments/${(await createPayment(api())).id}/initiate`
    for (const number of size({ quick: numbers.slice(0, 1), all: numbers })) {
      for (const [to, body] of [
        [path, more(number)],
        ['/v1/payments', paymentBody(more(number))],
      ] as const) {
        const { status } = await api()('POST', to, { body, idempotencyKey: `odd ${number}` })
        expect([400, 422]).toContain(status)
      }
    }
  })
})

test('the key of a refused request can be used for a corrected request', async () => {
  const idempotencyKey = 'first a number, then a token'
  const wrong = paymentBody({ payment_method_token: 'pm_4111111111111111' })
  expect((await test_('POST', '/v1/payments', { body: wrong, idempotencyKey })).status).toBe(400)
  const right = paymentBody({ payment_method_token: 'tok_visa' })
  expect((await test_('POST', '/v1/payments', { body: right, idempotencyKey })).status).toBe(201)
})

test.each([undefined, 'a test card'])(
  'in test mode the number of a test card is accepted, and only its token is stored (key: %s)',
  async (idempotencyKey) => {
    for (const number of ['4242424242424242', '4242 4242 4242 4242', '4242-4242-4242-4242']) {
      const key = idempotencyKey && `${idempotencyKey}, ${number.length} ${number[4]}`
      const more = key === undefined ? {} : { idempotencyKey: key }
      const body = paymentBody({ payment_method_token: number, initiate: true })
      const { status, body: payment } = await test_('POST', '/v1/payments', { body, ...more })
      expect(status).toBe(201)
      const [row] = await sql.query('select payment_method_token from payments where id = $1', [
        payment.id,
      ])
      expect(row.payment_method_token).toBe('tok_visa')
    }
  },
)

test('in live mode the hosted page has no payment endpoint', async () => {
  const { url } = await createPayment(live)
  const page = pageClient(server.url, url)
  for (const [path, body] of [
    ['/pay', { method: 'card', token: 'tok_visa' }],
    ['/pay', { nonsense: true }],
    ['/tokens', card('4242424242424242')],
    ['/confirm', { confirmed: true }],
  ] as const) {
    expect((await page.ask(path, body)).status).toBe(404)
  }
})

test('a page with card payments refuses other methods, and a page without refuses cards', async () => {
  const { url } = await createPayment(test_)
  const order = { method: 'ach', token: 'tok_ach' }
  expect((await pageClient(server.url, url).ask('/pay', order)).status).toBe(400)
  const crypto = await createPayment(test_, { payment_method: 'crypto' })
  const bought = { method: 'card', token: 'tok_visa' }
  expect((await pageClient(server.url, crypto.url).ask('/pay', bought)).status).toBe(404)
})

test('after all these requests no number is in the database, the log, a trace or an answer', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` }
  await test_('POST', '/v1/payments', {
    body: paymentBody({ description: `order ${kept}` }),
    headers,
  })
  await until('the last request was traced', () => spans.join('').includes(traceId))
  const rows = await everyRow()
  expect(found(kept, rows)).toBe(true)
  expect(server.log().length + spans.join('').length).toBeGreaterThan(1_000)
  for (const number of numbers) {
    expect(found(number, rows), `${number} in the database`).toBe(false)
    expect(found(number, [server.log(), server.output()]), `${number} in the log`).toBe(false)
    expect(found(number, spans), `${number} in a trace`).toBe(false)
    expect(found(number, answers), `${number} in an answer`).toBe(false)
  }
})

async function refused(
  api: Api,
  path: string,
  { body, key }: { body: object; key: string | undefined },
): Promise<void> {
  const answer = await api('POST', path, { body, ...(key ? { idempotencyKey: key } : {}) })
  const { code, details } = answer.body.error
  expect([answer.status, code, details.field]).toEqual([
    400,
    'invalid_request',
    'payment_method_token',
  ])
}

/** Records each refusal, to be searched at the end. */
function recorded(api: Api): Api {
  return (async (...request: Parameters<Api>) => {
    const answer = await api(...request)
    if (answer.status >= 400) answers.push(answer.text)
    return answer
  }) as Api
}

/** Every row of every table as text, with bytes in hexadecimal. */
async function everyRow(): Promise<string[]> {
  const tables = await sql.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema')`,
  )
  const rows = await Promise.all(
    tables.map(({ name }) => sql.query<{ row: string }>(`select t::text as row from ${name} t`)),
  )
  return rows.flat().map(({ row }) => row)
}

/** Whether one of the texts contains the number, with any characters between its digits, or as bytes. */
function found(number: string, texts: readonly string[]): boolean {
  const asBytes = Buffer.from(number).toString('hex')
  return texts.some(
    (text) =>
      text.includes(asBytes) ||
      asciiDigits(text)
        .replaceAll(/[^0-9]/g, '')
        .includes(number),
  )
}

function digitsFrom(number: string, zero: number): string {
  return [...number].map((digit) => String.fromCodePoint(zero + Number(digit))).join('')
}
