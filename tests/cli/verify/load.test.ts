import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLiveMerchant, createMerchant, withServers } from '../../support/servers/servers.ts'
import { hedge } from '../hedge.ts'

const fixture = withServers(2)
let testKey: string
let merchantId: string

beforeAll(async () => {
  const merchant = await createMerchant(fixture)
  merchantId = merchant.id
  testKey = merchant.testKey
})

/** Runs `hedge verify --load --json` against an address, for a second. */
async function load(url: string, ...options: string[]) {
  const args = ['verify', '--load', '--seconds', '1', '--json', ...options]
  const { code, stdout, stderr } = await hedge(args, {
    HEDGE_BASE_URL: url,
    HEDGE_API_SECRET: testKey,
  })
  return { code, stderr, said: stdout === '' ? null : JSON.parse(stdout) }
}

const urlOf = (n: number) => fixture.servers[n]?.url ?? expect.fail('there is no server')

test('the answers of a server are judged right, and no payment stays open', async () => {
  const { code, said } = await load(urlOf(0), '--concurrency', '12')
  expect(said).toMatchObject({ object: 'load_verification', ok: true, offending: [] })
  expect(code).toBe(0)
  expect(said.left_open).toEqual([])
  expect(said.payments).toBeGreaterThan(0)
  const requests = said.latencies.map(({ request }: { request: string }) => request)
  expect(requests).toEqual(expect.arrayContaining(['cancel', 'create', 'retrieve']))
  const open = await fixture.sql.query(
    `select id, status from payments
     where merchant_id = $1 and status in ('pending', 'initiated')`,
    [merchantId],
  )
  expect(open).toEqual([])
})

describe('a deployment that tells what is not true', () => {
  let proxy: Server
  let isStale: (method: string, path: string) => boolean
  /** Whether the server takes no further requests. */
  let isGone: (method: string, path: string) => boolean = () => false

  beforeAll(async () => {
    // A proxy with a cache that nobody has told about changes, as a read replica could be.
    const kept = new Map<string, { status: number; text: string }>()
    proxy = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const { method = 'GET', url = '' } = request
      if (isGone(method, url)) return void request.socket.destroy()
      const body = Buffer.concat(chunks)
      const headers = {
        authorization: request.headers.authorization ?? '',
        ...(body.length > 0 ? { 'content-type': 'application/json' } : {}),
      }
      const sent = await fetch(`${urlOf(1)}${url}`, {
        ...{ method, headers },
        ...(body.length > 0 ? { body } : {}),
      })
      const answer = { status: sent.status, text: await sent.text() }
      const first = kept.get(url) ?? answer
      if (method === 'GET') kept.set(url, first)
      const told = isStale(method, url) ? first : answer
      response.writeHead(told.status, { 'content-type': 'application/json' }).end(told.text)
    })
    await once(proxy.listen(0, '127.0.0.1'), 'listening')
  })

  afterAll(() => proxy?.close())

  const proxied = () => `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`

  test('is found by its stale reads, with a short history', async () => {
    isStale = (method) => method === 'GET'
    const { code, said } = await load(proxied(), '--concurrency', '16')
    expect(said).toMatchObject({ ok: false })
    expect(code).toBe(1)
    const [{ payment, history }] = said.offending
    expect(payment).toMatch(/^pay_/)
    expect(history.length).toBeLessThan(12)
    const text = await hedge(['verify', '--load', '--seconds', '1', '--concurrency', '16'], {
      HEDGE_BASE_URL: proxied(),
      HEDGE_API_SECRET: testKey,
    })
    expect(text.stdout).toMatch(/\nfail {2}The answers are not linearizable/)
    expect(text.stdout).toMatch(/\n {2}\d+–\d+ {2}retrieve → 200 \w+/)
  })

  test('that goes away before the end, is judged by what it told until then', async () => {
    isStale = () => false
    let created = 0
    // The first payment is the attempt before the load, the second one has all its requests.
    isGone = (method, path) => {
      if (method === 'POST' && path === '/v1/payments') created++
      return created > 2
    }
    const { code, said } = await load(proxied(), '--concurrency', '4', '--seconds', '3')
    isGone = () => false
    expect({ code, said }).toMatchObject({ code: 0, said: { ok: true, payments: 1 } })
    expect(said.unanswered).toBeGreaterThan(0)
  })

  test('is right again when its reads are', async () => {
    isStale = () => false
    expect(await load(proxied())).toMatchObject({ code: 0, said: { ok: true } })
  })
})

test('a live key, another kind of check, and a server that is down are refused', async () => {
  const { liveKey } = await createLiveMerchant(fixture)
  const live = await hedge(['verify', '--load'], {
    HEDGE_BASE_URL: urlOf(0),
    HEDGE_API_SECRET: liveKey,
  })
  expect([live.code, live.stderr]).toEqual([2, expect.stringContaining('a key of test mode')])
  const both = await load(urlOf(0), '--merchant', 'merch_1')
  expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('--merchant checks a')])
  const alone = await hedge(['verify', '--seconds', '3', '--database', fixture.database.url])
  expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining('needs --load')])
  const down = await load('http://127.0.0.1:1')
  expect([down.code, down.stderr]).toEqual([6, expect.stringContaining('does not answer')])
})
