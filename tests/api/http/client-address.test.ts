import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseConfig } from '../../../packages/server/src/wiring/config.ts'
import { type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'

let behindProxy: OwnApp
let direct: OwnApp

beforeAll(async () => {
  behindProxy = await startOwnApp({}, { trustedProxies: ['10.9.0.0/16', '127.0.0.1'] })
  direct = await startOwnApp({})
})

afterAll(async () => {
  await behindProxy?.close()
  await direct?.close()
})

/** Number of earlier requests of the address in the minute, and the number of the minute. */
async function ask({ url }: OwnApp, forwardedFor: string) {
  const { headers } = await fetch(`${url}/healthz`, {
    headers: { 'x-forwarded-for': forwardedFor, 'x-forwarded-host': 'evil.example.com' },
  })
  const limit = Number(headers.get('x-ratelimit-limit'))
  const before = limit - Number(headers.get('x-ratelimit-remaining')) - 1
  return { before, minute: headers.get('x-ratelimit-reset') }
}

/** Sends one request for each address in turn, all in one minute. */
async function askAll(app: OwnApp, addresses: readonly string[]): Promise<number[]> {
  for (;;) {
    const answers = []
    for (const address of addresses) answers.push(await ask(app, address))
    if (new Set(answers.map(({ minute }) => minute)).size === 1) {
      return answers.map(({ before }) => before)
    }
  }
}

test('behind a trusted proxy each client address has its own rate limit', async () => {
  const [a = -1, b = -1, again = -1] = await askAll(behindProxy, [
    '203.0.113.1',
    '203.0.113.2',
    '203.0.113.1',
  ])
  expect([a === b, again]).toEqual([true, a + 1])
})

test('a value that the client itself writes into X-Forwarded-For is ignored', async () => {
  // The proxy appends the address that it saw. Only the last address counts.
  const forged = ['203.0.113.9', '198.51.100.1, 203.0.113.9', '10.9.0.1, 203.0.113.9, 10.9.0.2']
  const [first = -1, ...rest] = await askAll(behindProxy, forged)
  expect(rest).toEqual([first + 1, first + 2])
})

test('addresses of one IPv6 network share a rate limit', async () => {
  const network = ['2001:db8:7:7::1', '2001:db8:7:7:ffff::2', '2001:db8:7:8::1']
  const [first = -1, neighbour = -1, stranger = -1] = await askAll(behindProxy, network)
  expect([neighbour, stranger === first]).toEqual([first + 1, true])
})

test('without a trusted proxy the address of the connection counts', async () => {
  const [first = -1, ...rest] = await askAll(direct, ['203.0.113.1', '203.0.113.2', 'nonsense'])
  expect(rest).toEqual([first + 1, first + 2])
})

test('HEDGE_TRUSTED_PROXIES accepts networks and addresses', () => {
  const { trustedProxies } = parseConfig({ HEDGE_TRUSTED_PROXIES: '10.9.0.0/16, 127.0.0.1' })
  expect(trustedProxies).toEqual(['10.9.0.0/16', '127.0.0.1'])
})

test.each(['true', '1', '*', 'loopback', '0.0.0.0/0', '::/0', '10.0.0.0/40', 'proxy.internal'])(
  'a server with HEDGE_TRUSTED_PROXIES=%s does not start',
  (value) => {
    expect(() => parseConfig({ HEDGE_TRUSTED_PROXIES: value })).toThrow('HEDGE_TRUSTED_PROXIES')
  },
)
