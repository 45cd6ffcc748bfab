import { createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { forward } from '../../packages/cli/src/forward.ts'
import { type HedgeEvent, HedgePayments } from '../../packages/node/src/index.ts'
import { connect } from '../../packages/server/src/database/connect.ts'
import { BodyTooLargeError, fetchText } from '../../packages/server/src/outgoing/fetch-text.ts'
import { stripeClient } from '../../packages/server/src/processors/stripe/client.ts'
import {
  answer,
  endless,
  flood,
  type HostileReceiver,
  startHostileReceiver,
  trickle,
} from '../support/hostile-receiver.ts'
import { until } from '../support/until.ts'

/** Every call that leaves a process, to a peer that keeps it waiting in every way there is. */
let peer: HostileReceiver

const deadlineMs = 80
const event = { id: 'evt_1', object: 'event', type: 'payment.created' } as unknown as HedgeEvent

beforeEach(async () => {
  peer = await startHostileReceiver()
})

afterEach(() => peer.close())

async function expectHungUp(): Promise<void> {
  await until('the connection is closed', () => peer.open() === 0)
}

describe.each(endless)('where the peer %s, it ends by the deadline:', (_what, how) => {
  beforeEach(() => peer.behave(how))

  test('a call to Stripe', async () => {
    const access = { secretKey: 'sk_test_x', webhookSecret: null, apiBase: peer.url }
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

  test('a request of the SDK whose own fetch does not heed its signal', async () => {
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
    expect([null, 200, 500]).toContain(status)
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
    'gives up a connection whose head does not come, where the peer %s',
    async (what, how) => {
      if (what.includes('chunks')) return
      peer.behave(how)
      const { reading, lost } = openStream()
      await reading
      expect(lost()).toBe(1)
      await expectHungUp()
    },
  )

  test('gives it up also where its fetch does not heed the signal', async () => {
    peer.behave(trickle('HTTP/1.1 503 X\r\n\r\n', '{'))
    const { reading, lost } = openStream({
      fetch: (url, { signal: _, ...init } = {}) => fetch(url, init),
    })
    await reading
    expect(lost()).toBe(1)
  })
})

describe('a response of Stripe', () => {
  test('without end is not kept in memory', async () => {
    peer.behave(flood('HTTP/1.1 200 OK\r\n\r\n', ' '.repeat(60_000)))
    const { signal } = new AbortController()
    await expect(
      fetchText(peer.url, { method: 'POST', body: '{}', signal }, { bytesMax: 1_000_000 }),
    ).rejects.toBeInstanceOf(BodyTooLargeError)
    await expectHungUp()
  })

  test('is read whole up to the limit', async () => {
    peer.behave(answer('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello'))
    const { signal } = new AbortController()
    const init = { method: 'POST', body: '{}', signal }
    expect((await fetchText(peer.url, init, { bytesMax: 5 })).text).toBe('hello')
    await expect(fetchText(peer.url, init, { bytesMax: 4 })).rejects.toThrow('larger than 4')
  })
})

test('a database that accepts a connection and says nothing is given up', async () => {
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
  await expect(database.pool.query('select 1')).rejects.toThrow(/timeout|expired|terminated/i)
  await database.close()
  await new Promise((resolve) => server.close(resolve))
})
