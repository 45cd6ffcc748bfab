import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { childEnvironment } from '../support/processes/environment.ts'
import { until } from '../support/until.ts'
import { hedge, type Running, startHedge } from './hedge.ts'
import { withCommandLine } from './with-server.ts'

const shopFile = fileURLToPath(new URL('../../examples/express-shop/shop.mjs', import.meta.url))

const commandLine = withCommandLine()
let folder: string
let shop: ChildProcess
let listening: Running
let output = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hedge-shop-'))
})

afterAll(async () => {
  listening?.child.kill('SIGKILL')
  shop?.kill('SIGKILL')
  if (shop && shop.exitCode === null) await once(shop, 'exit')
  await rm(folder, { recursive: true, force: true })
})

test('the Express shop creates a payment, cancels it, and receives a verified webhook of the cancel', async () => {
  const env = { ...commandLine.env(), HEDGE_DATA_DIR: folder }
  const secret = (await hedge(['listen', '--print-secret'], env)).stdout.trim()
  shop = spawn(process.execPath, [shopFile], {
    env: { ...childEnvironment, PORT: '0', ...env, HEDGE_WEBHOOK_SECRET: secret },
  })
  shop.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  const url = await until('the shop is open', () => /open at (\S+)/.exec(output)?.[1])
  listening = startHedge(['listen', '--forward-to', `${url}/webhooks`], env)
  await until('hedge listens', () => listening.stdout().includes('Ctrl-C stops'))

  const forged = await fetch(`${url}/webhooks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-hedge-signature': 't=1,v1=00' },
    body: '{"type":"payment.succeeded"}',
  })
  expect(forged.status).toBe(400)

  const form = { email: 'jane@example.com', item: 'lamp' }
  const nothing = await fetch(`${url}/orders`, { method: 'POST', body: new URLSearchParams(form) })
  expect(nothing.status).toBe(400)
  const broken = await fetch(`${url}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"email":',
  })
  expect(broken.status).toBe(400)

  const ordered = await fetch(`${url}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(form),
  })
  expect(ordered.status).toBe(201)
  const { id, state } = (await ordered.json()) as { id: string; state: string }
  expect(state).toBe('waiting for payment')

  const canceled = await fetch(`${url}/orders/${id}/cancel`, { method: 'POST' })
  expect(canceled.status).toBe(202)
  await until('the shop has received the webhook', async () => {
    const order = (await (await fetch(`${url}/orders/${id}`)).json()) as { state: string }
    return order.state === 'canceled'
  })
  expect(output).toContain('payment.canceled: the order of lamp is canceled')
})
