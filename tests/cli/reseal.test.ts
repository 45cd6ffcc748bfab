import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Stripe } from 'stripe'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { verifyWebhook } from '../../packages/node/src/index.ts'
import type { TestDatabase } from '../support/databases/postgres.ts'
import { openSql, type Sql } from '../support/databases/sql.ts'
import { type Api, apiClient, createPayment } from '../support/http/api.ts'
import { type Receiver, startReceiver } from '../support/http/receiver.ts'
import { createMigratedDatabase, startServer, type TestServer } from '../support/servers/server.ts'
import { until } from '../support/until.ts'
import { hedge } from './hedge.ts'

// An operator changes the encryption key, as docs/running-in-production.md says.

let database: TestDatabase
let sql: Sql
let receiver: Receiver
let server: TestServer | null = null

beforeEach(async () => {
  database = await createMigratedDatabase()
  sql = openSql(database.url)
  receiver = await startReceiver()
})

afterEach(async () => {
  await server?.stop()
  server = null
  await receiver.close()
  await sql.close()
  await database.drop()
})

const newKey = () => randomBytes(32).toString('base64')
const [old, current, foreign] = [newKey(), newKey(), newKey()]
const processorSecret = 'whsec_of_the_processor'

/** The variables of keys: the current one, and the previous one. */
function keysOf(key?: string, previous?: string): Record<string, string> {
  return {
    ...(key ? { HEDGE_ENCRYPTION_KEY: key } : {}),
    ...(previous ? { HEDGE_ENCRYPTION_KEY_PREVIOUS: previous } : {}),
  }
}

async function restart(keys: Record<string, string>): Promise<Api> {
  await server?.stop()
  server = await startServer({ databaseUrl: database.url, env: keys })
  return apiClient(server.url, server.secretKey)
}

async function reseal(keys: Record<string, string>) {
  const { code, stdout, stderr } = await hedge(
    ['reseal', '--database', database.url, '--json'],
    keys,
  )
  return { code, said: stdout && JSON.parse(stdout), error: stderr && JSON.parse(stderr).error }
}

/** Registers an endpoint and replaces its secret, so that two secrets are stored. Returns the new one. */
async function addEndpoint(api: Api): Promise<string> {
  const body = { url: receiver.url, events: ['payment.created'] }
  const { body: endpoint } = await api('POST', '/v1/webhooks/endpoints', { body })
  const rotated = await api('PATCH', `/v1/webhooks/endpoints/${endpoint.id}`, {
    body: { rotate_secret: true },
  })
  expect(rotated.status, rotated.text).toBe(200)
  return rotated.body.secret
}

/** Exports the heads of the chains, which makes the key that signs them. */
async function exportHead(key: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'hedge-reseal-'))
  const args = ['verify', '--database', database.url, '--export-head', join(folder, 'heads.json')]
  const { code, stdout } = await hedge(args, keysOf(key))
  await rm(folder, { recursive: true })
  expect(code, stdout).toBe(0)
}

async function setProcessor(api: Api): Promise<string> {
  const { merchant_id: merchant } = await createPayment(api)
  const body = {
    processor: 'stripe',
    secret_key: 'sk_test_reseal',
    webhook_secret: processorSecret,
  }
  const answer = await api('POST', `/v1/merchants/${merchant}/processor`, { body })
  expect(answer.status, answer.text).toBe(200)
  return merchant
}

/** Whether the server can read the secrets of the merchant's processor: it accepts a signed message. */
async function acceptsMessage(merchant: string): Promise<boolean> {
  const payload = JSON.stringify({ id: 'evt_1', object: 'event', data: { object: { id: 'x' } } })
  const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret: processorSecret })
  const anyone = apiClient(server?.url ?? '', null)
  const { status } = await anyone('POST', `/v1/processors/stripe/webhook/${merchant}/test`, {
    rawBody: payload,
    headers: { 'stripe-signature': signature },
  })
  return status === 200
}

/** Waits for the webhook of a new payment, and checks its signature. */
async function receives(api: Api, secret: string): Promise<void> {
  const { id } = await createPayment(api)
  const got = await until('the webhook of the payment arrives', () =>
    receiver.received.find(({ event }) => event.data.id === id),
  )
  const signature = String(got.headers['x-hedge-signature'])
  expect(verifyWebhook(got.body, signature, secret).type).toBe('payment.created')
}

const prefixes = () =>
  sql.query(
    `select array(select distinct split_part(s, ':', 1) || split_part(s, ':', 2) from webhook_endpoints,
       unnest(array[secret, old_secret]) s where s is not null) as endpoints,
     array(select distinct key_id from processor_credentials) as credentials`,
  )

test('after a reseal beside a running server, the old key is not needed', async () => {
  let api = await restart(keysOf(old))
  const secret = await addEndpoint(api)
  const merchant = await setProcessor(api)
  await exportHead(old)
  api = await restart(keysOf(current, old))
  await receives(api, secret)
  const first = await reseal(keysOf(current, old))
  expect(first).toEqual({
    code: 0,
    said: {
      object: 'reseal',
      resealed: { webhook_endpoint: 1, processor_credentials: 1, head_key: 1 },
      left: [],
      previous_key_is_needed: false,
    },
    error: '',
  })
  await receives(api, secret)
  expect(await acceptsMessage(merchant)).toBe(true)
  const again = await reseal(keysOf(current, old))
  expect(again.said.resealed).toEqual({
    webhook_endpoint: 0,
    processor_credentials: 0,
    head_key: 0,
  })

  api = await restart(keysOf(current))
  await receives(api, secret)
  expect(await acceptsMessage(merchant)).toBe(true)
  await exportHead(current)
})

test('what the keys cannot read stays as it is and is reported, and the next reseal goes on', async () => {
  const api = await restart(keysOf(old))
  await addEndpoint(api)
  const merchant = await setProcessor(api)
  const before = await prefixes()
  const { code, said, error } = await reseal(keysOf(current, foreign))
  expect([code, error.code]).toEqual([1, 'secrets_left'])
  expect(said.resealed).toEqual({ webhook_endpoint: 0, processor_credentials: 0, head_key: 0 })
  expect(said.left).toHaveLength(2)
  expect(said.left[1]).toEqual({
    kind: 'processor_credentials',
    id: `${merchant} test`,
    reason: expect.stringContaining('is neither HEDGE_ENCRYPTION_KEY nor'),
  })
  expect(await prefixes()).toEqual(before)
  // One row was damaged: it is the only one that is left.
  await sql.query(`update processor_credentials set sealed = sealed || '\\x00'::bytea`)
  const partly = await reseal(keysOf(current, old))
  expect(partly.code).toBe(1)
  expect(partly.said.resealed).toEqual({
    webhook_endpoint: 1,
    processor_credentials: 0,
    head_key: 0,
  })
  expect(partly.said.left).toMatchObject([{ reason: 'the stored text was changed' }])
})

test('secrets that were stored without a key are sealed by the first one', async () => {
  let api = await restart({})
  const secret = await addEndpoint(api)
  expect((await prefixes())[0].endpoints.every((text: string) => text.startsWith('plain'))).toBe(
    true,
  )
  api = await restart(keysOf(current))
  expect((await reseal(keysOf(current))).said.resealed.webhook_endpoint).toBe(1)
  expect((await prefixes())[0].endpoints).toEqual([expect.stringMatching(/^sealed/)])
  await receives(api, secret)
})

test('a reseal needs a key, and a strong one', async () => {
  const none = await reseal({})
  expect([none.code, none.error.message]).toEqual([
    2,
    expect.stringContaining('HEDGE_ENCRYPTION_KEY'),
  ])
  const weak = await reseal(keysOf('weak'))
  expect([weak.code, weak.error.message]).toEqual([
    2,
    expect.stringContaining('HEDGE_ENCRYPTION_KEY'),
  ])
})
