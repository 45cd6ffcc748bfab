import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HedgePayments } from '../../../packages/node/src/index.ts'
import { type MerchantFixture, withMerchant } from '../../support/servers/merchant.ts'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../../..')
const packageFolder = join(root, 'packages/node')
const order = { amount: 9999, currency: 'USD', customer_email: 'customer@example.com' }

const fixture = withMerchant()
let server: MerchantFixture['servers'][number]
let hedge: HedgePayments
let folder = ''

beforeAll(async () => {
  server = fixture.servers[0] ?? expect.fail('no server')
  hedge = new HedgePayments({ apiSecret: server.secretKey, baseUrl: server.url })
  // The examples import the compiled package by its name, as its users do.
  await run(join(root, 'node_modules/.bin/tsc'), ['-b', packageFolder])
  folder = mkdtempSync(join(tmpdir(), 'hedge-examples-'))
  mkdirSync(join(folder, 'node_modules/@hedgepayments'), { recursive: true })
  symlinkSync(packageFolder, join(folder, 'node_modules/@hedgepayments/node'))
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** Writes an example with values of this test in place of its placeholders, and returns the path. */
function example(name: string, own: Record<string, string>): string {
  let text = readFileSync(join(root, 'examples', name), 'utf8')
  for (const [placeholder, value] of Object.entries(own)) {
    expect(text).toContain(placeholder)
    text = text.replaceAll(placeholder, value)
  }
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

test.each([
  ['cancel-payment.mjs', 'b177e7a14aedb9299bea59f994d3145882efda90fdf3a69d9fd0e3b2f6713c25'],
  ['cancel-payment.sh', 'be9a06643f2a5c7db6d7d8f6a9f7ae31309558ed0584374b0bbfc71e4ee853ed'],
])('%s equals the founding page, letter by letter', (name, sha256) => {
  const bytes = readFileSync(join(root, 'examples', name))
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256)
})

test('the Node example cancels a payment, and reports the second attempt as too late', async () => {
  const { id } = await hedge.payments.create(order)
  const path = example('cancel-payment.mjs', { pay_abc123xyz: id })
  const env = {
    HEDGE_API_KEY: server.publishableKey,
    HEDGE_API_SECRET: server.secretKey,
    HEDGE_BASE_URL: server.url,
  }
  const first = await run(process.execPath, [path], { env })
  expect(first.stdout).toBe(`Payment canceled: ${id}\nStatus: canceled\n`)
  const second = await run(process.execPath, [path], { env })
  expect(second.stdout).toBe('')
  expect(second.stderr).toBe('Payment has already been processed\n')
  const payment = await hedge.payments.retrieve(id)
  expect(payment.cancellation_reason).toBe('customer_requested')
})

test('the cURL example cancels a payment', async () => {
  const { id } = await hedge.payments.create(order)
  const path = example('cancel-payment.sh', {
    'https://api.hedgepayments.com': server.url,
    pay_abc123xyz: id,
    sk_live_your_api_key: server.secretKey,
  })
  const { stdout } = await run('sh', [path])
  expect(JSON.parse(stdout)).toEqual(await hedge.payments.retrieve(id))
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'canceled',
    cancellation_reason: 'customer_requested',
  })
})
