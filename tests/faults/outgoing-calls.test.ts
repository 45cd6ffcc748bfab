import { createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { pageApi } from '../../apps/checkout/src/api.ts'
import { request } from '../../apps/dashboard/src/api/client.ts'
import { forward } from '../../packages/cli/src/listen/forward.ts'
import { type HedgeEvent, HedgePayments } from '../../packages/node/src/index.ts'
import { connect } from '../../packages/server/src/database/connect.ts'
import { BodyTooLargeError, fetchText } from '../../packages/server/src/outgoing/fetch-text.ts'
import { stripeClient } from '../../packages/server/src/processors/stripe/client.ts'
import { OtlpExporter } from '../../packages/server/src/tracing/exporter.ts'
import {
  answer,
  answerAndClose,
  type Behavior,
  endless,
  flood,
  type HostileReceiver,
  startHostileReceiver,
  trickle,
} from '../support/http/hostile-receiver.ts'
import { size } from '../support/size.ts'
import { until } from '../support/until.ts'

/** The peer of outgoing calls. It delays its answers in every possible way. */
let peer: HostileReceiver

const deadlineMs = 80

/** `npm test` uses peers that send nothing, a slow head, and a slow body. */
const quickPeers = ['never answers', 'trickles a header', 'trickles its body']
const peers = size({ quick: endless.filter(([what]) => quickPeers.includes(what)), all: endless })

const event = { id: 'evt_1', object: 'event', type: 'payment.created' } as unknown as HedgeEvent

beforeEach(async () => {
  peer = await startHostileReceiver()
})

afterEach(() => peer.close())

const switching = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'
const continues = 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(500)

/** The smallest span that can be exported. */
const span = {
  name: 'a span',
  kind: 0,
  spanContext: () => ({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 }),
  startTime: [1, 0],
  endTime: [2, 0],
  duration: [1, 0],
  status: { code: 0 },
  attributes: {},
  links: [],
  events: [],
  ended: true,
  resource: { attributes: {}, asyncAttributesPending: false },
  instrumentationScope: { name: 'test' },
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
} as unknown as Parameters<OtlpExporter['export']>[0][number]

async function expectHungUp(): Promise<void> {
  await until('the connection is closed', () => peer.open() === 0)
}

describe.each(peers)('if the peer %s, the deadline ends', (_what, how) => {
  beforeEach(() => peer.behave(how))

  test('a call to Stripe', async () => {
    const access = {
      secretKey: 'sk_test_x',
      publishableKey: null,
      webhookSecret: null,
      apiBase: peer.url,
    }
    const stripe = stripeClient(access, AbortSignal.timeout(deadlineMs))
    await expect(stripe.paymentIntents.retrieve('pi_1')).rejects.toBeInstanceOf(Error)
    await expectHungUp()
  })

  test('a request of the SDK', async () => {
    const hedge = new HedgePayments({
      apiSecret: 'sk_test_for_the_test_suite_only',
      baseUrl: new URL(peer.url).origin,
      timeout: deadlineMs,
      maxRetries: 0,
    })
    await expect(hedge.payments.retrieve('pay_1')).rejects.toMatchObject({
      code: expect.stringMatching(/^(timeout|connection_failed)$/),
    })
    await expectHungUp()
  })

  test('a request of the SDK whose own fetch ignores its signal', async () => {
    const hedge = new HedgePayments({
      apiSecret: 'sk_test_for_the_test_suite_only',
      baseUrl: new URL(peer.url).origin,
      timeout: deadlineMs,
      maxRetries: 0,
      fetch: (url, { signal: _, ...init } = {}) => fetch(url, init),
    })
    await expect(hedge.payments.retrieve('pay_1')).rejects.toMatchObject({
      code: expect.stringMatching(/^(timeout|connection_failed)$/),
    })
  })

  test('an event that `hedge listen` forwards', async () => {
    const { signal } = new AbortController()
    const target = { url: peer.url, secret: 'whsec_AAAA', signal, deadlineMs }
    const { status } = await forward(event, target)
    expect([null, 101, 200, 500]).toContain(status)
    await expectHungUp()
  })
})

describe.each(peers)('if the server %s, an error is shown by', (_what, how) => {
  beforeEach(() => {
    peer.behave(how)
    takeBrowser()
  })
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
  })

  test('the dashboard', async () => {
    await expect(request('GET', '/v1/payments')).rejects.toBeInstanceOf(Error)
    await expectHungUp()
    recover('{"data":[]}')
    expect(await request('GET', '/v1/payments')).toEqual({ data: [] })
  })

  test('the payment page', async () => {
    await expect(pageApi('cs_1').read()).rejects.toMatchObject({ fault: 'unreachable' })
    await expectHungUp()
    recover('{"version":1}')
    expect(await pageApi('cs_1').read()).toEqual({ version: 1 })
  })
})

/** Makes the server answer again, and restores the page's own deadline. */
function recover(body: string): void {
  vi.restoreAllMocks()
  peer.behave(answer(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`))
}

/** Imitates the page's browser: paths belong to its server. The deadline is shorter here. */
function takeBrowser(): void {
  const { origin } = new URL(peer.url)
  const original = { fetch: globalThis.fetch, timeout: AbortSignal.timeout }
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => original.fetch(origin + path, init))
  vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => original.timeout(deadlineMs))
}

describe('traces', () => {
  const hostile: readonly [what: string, how: Behavior][] = [
    ...peers,
    ['switches protocols and sends nothing', answer(switching)],
    ['switches protocols and closes', answerAndClose(switching)],
    ['sends informational responses without end', flood('', continues)],
    ['has a body without end', flood('HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(60_000))],
    ['has headers without end', flood('HTTP/1.1 200 OK\r\nx: ', 'y'.repeat(1_000))],
    ['closes without an answer', answerAndClose('')],
    ['resets during the answer', answerAndClose('HTTP/1.1 20', 'reset')],
    ['does not use HTTP', answer('220 smtp.example ESMTP\r\n')],
  ]

  const send = (exporter: OtlpExporter) =>
    new Promise<{ code: number }>((resolve) => exporter.export([span], resolve))

  test.each(hostile)('are exported again after a collector %s many times', async (_what, how) => {
    peer.behave(how)
    const exporter = new OtlpExporter({ url: peer.url, deadlineMs })
    // More exports than the library has in flight at once. Each of them must end.
    const ended = await Promise.all(Array.from({ length: 40 }, () => send(exporter)))
    expect(ended).toHaveLength(40)
    await expectHungUp()
    peer.behave(answer('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'))
    await until('a batch arrives', async () => (await send(exporter)).code === 0)
    await exporter.shutdown()
    await expectHungUp()
  })
})

describe('the event stream of the SDK', () => {
  function openStream(more: { fetch?: typeof fetch } = {}) {
    const hedge = new HedgePayments({
      apiSecret: 'sk_test_for_the_test_suite_only',
      baseUrl: new URL(peer.url).origin,
      timeout: deadlineMs,
      maxRetries: 0,
      ...more,
    })
    const stop = new AbortController()
    let lost = 0
    const reading = (async () => {
      const stream = hedge.events.stream({
        lastEventId: 'evt_1',
        signal: stop.signal,
        onDisconnect: () => {
          lost++
          stop.abort()
        },
      })
      for await (const _ of stream) expect.unreachable('there is no event')
    })()
    return { reading, lost: () => lost }
  }

  test.each(endless.filter(([what]) => what.includes('header') || !what.includes('body')))(
    'closes the connection if the peer %s before the end of the head',
    async (what, how) => {
      if (what.includes('chunks')) return
      peer.behave(how)
      const { reading, lost } = openStream()
      await reading
      expect(lost()).toBe(1)
      await expectHungUp()
    },
  )

  test('reports a disconnect also if its fetch ignores the signal', async () => {
    peer.behave(trickle('HTTP/1.1 503 X\r\n\r\n', '{'))
    const { reading, lost } = openStream({
      fetch: (url, { signal: _, ...init } = {}) => fetch(url, init),
    })
    await reading
    expect(lost()).toBe(1)
  })
})

describe('a response of Stripe', () => {
  test('without end is refused at the limit', async () => {
    peer.behave(flood('HTTP/1.1 200 OK\r\n\r\n', ' '.repeat(60_000)))
    const { signal } = new AbortController()
    await expect(
      fetchText(peer.url, { method: 'POST', body: '{}', signal }, { bytesMax: 1_000_000 }),
    ).rejects.toBeInstanceOf(BodyTooLargeError)
    await expectHungUp()
  })

  test('is read completely up to the limit', async () => {
    peer.behave(answer('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello'))
    const { signal } = new AbortController()
    const init = { method: 'POST', body: '{}', signal }
    expect((await fetchText(peer.url, init, { bytesMax: 5 })).text).toBe('hello')
    await expect(fetchText(peer.url, init, { bytesMax: 4 })).rejects.toThrow('larger than 4')
  })
})

test('a query fails if the database accepts the connection and never answers', async () => {
  const server = createServer((socket) => {
    socket.on('data', () => undefined)
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const database = connect({
    url: `postgres://nobody@127.0.0.1:${port}/nothing`,
    onError: () => undefined,
  })
  // The fake clock skips five seconds.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    let failed: Error | null = null
    database.pool.query('select 1').catch((error: Error) => {
      failed = error
    })
    const error = await until('the query fails', async () => {
      await vi.advanceTimersByTimeAsync(1_000)
      return failed
    })
    expect(error.message).toMatch(/timeout|expired|terminated/i)
  } finally {
    vi.useRealTimers()
  }
  await database.close()
  await new Promise((resolve) => server.close(resolve))
})
