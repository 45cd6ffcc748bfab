import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openHome } from '../../../packages/bundled-postgres/src/files/home.ts'
import { addressOf } from '../../../packages/bundled-postgres/src/lock.ts'
import { findPostmaster } from '../../../packages/bundled-postgres/src/processes/postmaster.ts'
import { environmentOf, hedge } from '../../cli/hedge.ts'
import { openSql } from '../../support/databases/sql.ts'
import { apiClient, createPayment, paymentBody } from '../../support/http/api.ts'
import { sendRaw } from '../../support/http/raw-http.ts'
import { startReceiver } from '../../support/http/receiver.ts'
import { startServer, type TestServer } from '../../support/servers/server.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'

/** The texts that no log may contain, with their names. Some are added when they are created. */
const planted: Record<string, string> = {
  'the API secret': 'sk_test_planted_secret_of_the_log_test',
  'the encryption key': 'planted encryption key of the log test, long',
  'the key of the processor': 'sk_test_planted_key_of_a_processor_1',
  'its webhook secret': 'whsec_planted_of_a_processor_1',
  'an e-mail address': 'planted.person@example.com',
  'a card number': '5555555555554444',
  'a card number in groups': '5555 5555 5555 4444',
  'a bank account': '1111222233330000',
  'a path that is a secret': 'planted-hook-token',
  'text of a customer': 'planted description',
}

let folder: string
let processor: Server
let server: TestServer
const said: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hedge-log-'))
  // A processor whose errors repeat everything that the request contained.
  processor = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      const message = `${request.headers.authorization} ${decodeURIComponent(body)}`
      response.writeHead(400, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: { type: 'invalid_request_error', message } }))
    })
  })
  await new Promise<void>((resolve) => processor.listen(0, '127.0.0.1', resolve))
  server = await startServer({
    env: {
      HEDGE_DATA_DIR: join(folder, '.hedge'),
      LOG_LEVEL: 'trace',
      HEDGE_API_SECRET: planted['the API secret'] ?? '',
      HEDGE_ENCRYPTION_KEY: planted['the encryption key'] ?? '',
      HEDGE_STRIPE_API_BASE: `http://127.0.0.1:${(processor.address() as AddressInfo).port}`,
    },
  })
})

afterAll(async () => {
  await server?.stop()
  processor?.close()
  await rm(folder, { recursive: true, force: true })
})

test('a full run with many kinds of failures writes no secret to any log', async () => {
  const home = await openHome(join(folder, '.hedge'), () => undefined)
  planted['the password of the database'] = home.password
  const secretKey = planted['the API secret'] ?? ''
  const api = apiClient(server.url, secretKey)
  const email = planted['an e-mail address'] ?? ''
  const number = planted['a card number'] ?? ''

  const { merchant_id } = await useEverything(api, { email, number })
  await goWrong(api, { email, number, merchantId: merchant_id })
  await useCommandLine(secretKey)
  await loseDatabase(api, email)

  await server.stop()
  said.push(server.log(), server.output())
  const logs = join(home.folder, 'log')
  const ofPostgres = await Promise.all(
    (await readdir(logs)).map((name) => readFile(join(logs, name), 'utf8')),
  )
  // Each log must contain something, or the search would prove nothing.
  expect(server.log()).toContain('a request failed')
  expect(server.log()).toContain('the database is not available')
  expect(ofPostgres.join()).toContain('planted_by_this_test')
  const texts = [...said, ...ofPostgres].join('\n')
  const found = Object.entries(planted).filter(([, secret]) => texts.includes(secret))
  expect(found.map(([what]) => what)).toEqual([])
})

type Api = ReturnType<typeof apiClient>

/** Each operation with a secret, once, successfully. */
async function useEverything(api: Api, { email, number }: { email: string; number: string }) {
  const more = { customer_email: email, description: planted['text of a customer'] }
  const payment = await createPayment(api, { ...more, payment_method_token: number })
  await api('POST', `/v1/payments/${payment.id}/initiate`, {
    body: { payment_method_token: number },
  })
  await api('GET', `/v1/payments?customer_email=${encodeURIComponent(email)}`)
  const key = await api('POST', '/v1/auth/api-keys', { body: {} })
  planted['a new key'] = key.body.secret_key
  const token = await api('POST', '/v1/auth/client-token', { body: { payment_id: payment.id } })
  planted['a client token'] = token.body.token
  await apiClient(server.url, token.body.token)('GET', `/v1/payments/${payment.id}`)
  const signedIn = await fetch(`${server.url}/dashboard/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify({ secret_key: key.body.secret_key }),
  })
  const cookie = signedIn.headers.get('set-cookie')?.split(';', 1)[0] ?? ''
  planted['a session'] = cookie.split('=')[1] ?? ''
  await fetch(`${server.url}/v1/payments`, { headers: { cookie } })
  await payOnPage(await createPayment(api, more), number)
  await deliver(api)
  return payment
}

async function payOnPage({ id }: { id: string }, number: string): Promise<void> {
  const typed = [
    { type: 'card', number, exp_month: 12, exp_year: 2099, cvc: '123' },
    {
      type: 'ach',
      routing_number: '011401533',
      account_number: planted['a bank account'],
      account_holder: planted['text of a customer'],
    },
  ]
  for (const source of typed) {
    const { status } = await fetch(`${server.url}/pay/api/${id}/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
      body: JSON.stringify(source),
    })
    expect(status).toBe(200)
  }
}

/** To an endpoint that repeats the request in its refusal, and to one that does not exist. */
async function deliver(api: Api): Promise<void> {
  const receiver = await startReceiver()
  try {
    for (const url of [receiver.url, 'http://127.0.0.1:1']) {
      const { body } = await api('POST', '/v1/webhooks/endpoints', {
        body: { url: `${new URL(url).origin}/${planted['a path that is a secret']}` },
      })
      planted[`the secret for ${url}`] = body.secret
    }
    await api('POST', '/v1/webhooks/test')
    await until('both endpoints were called', async () => {
      const { data } = (await api('GET', '/v1/webhooks/deliveries?limit=100')).body
      return data.filter(({ attempt }: { attempt: number }) => attempt > 0).length >= 2
    })
  } finally {
    await receiver.close()
  }
}

async function goWrong(
  api: Api,
  { email, number, merchantId }: { email: string; number: string; merchantId: string },
): Promise<void> {
  const secretKey = planted['the API secret'] ?? ''
  await api('POST', '/v1/payments', { rawBody: `{"customer_email": "${email}", "card": ${number}` })
  await api('POST', '/v1/payments', { body: { card_number: number, customer_email: email } })
  await api('POST', `/v1/payments/${number}/cancel`)
  await apiClient(server.url, `${secretKey}x`)('GET', '/v1/payments')
  await apiClient(server.url, null)('GET', `/v1/payments?api_secret=${secretKey}`)
  for (const request of [
    `GET /v1/payments HTTP/1.1\r\nHost: h\r\nAuthorization Bearer ${secretKey}\r\n\r\n`,
    `POST /v1/payments HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${secretKey}\r\nContent-Length: x\r\n\r\n${email}`,
    `${number} ${email} ${secretKey}\r\n\r\n`,
  ]) {
    await sendRaw(server.url, request)
  }
  await breakStatement(api, email)
  const set = await api('POST', `/v1/merchants/${merchantId}/processor`, {
    body: {
      processor: 'stripe',
      secret_key: planted['the key of the processor'],
      webhook_secret: planted['its webhook secret'],
    },
  })
  expect(set.status).toBe(200)
  const { id } = await createPayment(api, { customer_email: email })
  await api('POST', `/v1/payments/${id}/initiate`, {
    body: { payment_method_token: 'pm_card_visa' },
  })
  await fetch(`${server.url}/v1/processors/stripe/webhook/${merchantId}/test`, {
    method: 'POST',
    headers: { 'stripe-signature': `t=1,v1=${planted['its webhook secret']}` },
    body: email,
  })
}

/** A statement that PostgreSQL refuses, with a row that its error would quote. */
async function breakStatement(api: Api, email: string): Promise<void> {
  const home = await openHome(join(folder, '.hedge'), () => undefined)
  const postmaster = await findPostmaster(home)
  if (!postmaster) throw new Error('the bundled database does not run')
  const sql = openSql(addressOf(home, postmaster))
  await sql.query(
    'alter table payments add constraint planted_by_this_test check (amount <> 31337)',
  )
  const body = paymentBody({ amount: 31_337, customer_email: email })
  expect((await api('POST', '/v1/payments', { body })).status).toBe(500)
  await sql.close()
}

async function useCommandLine(secretKey: string): Promise<void> {
  const env = environmentOf({ url: server.url, secretKey })
  const doctor = ['doctor', '--data-dir', join(folder, '.hedge')]
  // `npm test` runs one command of each kind: a list, a command that reads a file, and a refused command.
  const runs = size({
    quick: [['keys', 'list'], doctor, ['payments', 'list', secretKey]],
    all: [
      ['payments', 'list', '--verbose'],
      ['payments', 'get', 'pay_nobody', '--verbose'],
      ['keys', 'list'],
      ['audit', '--json'],
      ['webhooks', 'deliveries', '--json'],
      doctor,
      ['payments', 'list', secretKey],
    ],
  })
  for (const run of runs) {
    const { stdout, stderr } = await hedge(run, env)
    // Lists of payments and deliveries show addresses of customers intentionally.
    const showsAddresses = run.includes('--verbose') || run.includes('deliveries')
    said.push(stderr, ...(showsAddresses ? [] : [stdout]))
  }
  const lost = await hedge(['payments', 'list', '--verbose'], {
    ...env,
    HEDGE_BASE_URL: 'http://127.0.0.1:1',
  })
  said.push(lost.stdout, lost.stderr)
}

async function loseDatabase(api: Api, email: string): Promise<void> {
  const home = await openHome(join(folder, '.hedge'), () => undefined)
  const postmaster = await findPostmaster(home)
  process.kill(postmaster?.pid ?? 0, 'SIGKILL')
  const body = paymentBody({ customer_email: email })
  await until('the missing database is logged', async () => {
    return (await api('POST', '/v1/payments', { body })).status === 503
  })
}
