import type { LookupAddress } from 'node:dns'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { explain, ForbiddenAddressError } from '../../../packages/server/src/outgoing/errors.ts'
import type { Resolve } from '../../../packages/server/src/webhooks/send/lookup.ts'
import {
  createSend,
  type Outgoing,
  textOf,
} from '../../../packages/server/src/webhooks/send/send.ts'
import { type Receiver, startReceiver } from '../../support/http/receiver.ts'
import { until } from '../../support/until.ts'

let receiver: Receiver
const cleanups: (() => void)[] = []

beforeEach(async () => {
  receiver = await startReceiver()
})

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) cleanup()
  await receiver.close()
})

function outgoing(url: string, more: Partial<Outgoing> = {}): Outgoing {
  const { signal } = new AbortController()
  const body = Buffer.from('{}')
  return { url, livemode: false, reach: 'private', headers: {}, body, signal, ...more }
}

/** A sender whose resolver returns the given answers, one after another. */
function sendTo(...answers: string[][]) {
  let asked = 0
  const resolve: Resolve = (_hostname, _reach, callback) => {
    const addresses = answers[Math.min(asked++, answers.length - 1)] ?? []
    callback(
      null,
      addresses.map(
        (address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 }),
      ),
    )
  }
  const sender = createSend(resolve)
  cleanups.push(() => sender.close())
  return { send: sender.send, asked: () => asked }
}

function urlOf(host: string, scheme = 'http'): string {
  return `${scheme}://${host}:${new URL(receiver.url).port}/hook`
}

describe('a host name is checked by the address of each connection:', () => {
  test('one that changes to a loopback address after registration is refused in live mode', async () => {
    const { send, asked } = sendTo(['93.184.215.14'], ['127.0.0.1'])
    const gone = AbortSignal.abort()
    await send(outgoing(urlOf('rebind.example', 'https'), { livemode: true, signal: gone })).catch(
      () => null,
    )
    const url = urlOf('rebind.example', 'https')
    await until('the address of this machine is refused', async () => {
      const signal = AbortSignal.timeout(50)
      const error = await send(outgoing(url, { livemode: true, signal })).catch(
        (cause: unknown) => cause,
      )
      return asked() > 1 && error instanceof ForbiddenAddressError
    })
    expect(receiver.received).toEqual([])
  })

  test.each([
    [['169.254.169.254']],
    [['0.0.0.0']],
    [['::ffff:169.254.169.254']],
    [['127.0.0.1', '169.254.169.254']],
    [[]],
  ])('one that resolves to %j is refused in test mode as well', async (addresses) => {
    const { send } = sendTo(addresses)
    const error = await send(outgoing(urlOf('name.example'))).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(ForbiddenAddressError)
    expect(explain(error)).toBe('Not sent: the address is not a public one.')
    expect(receiver.received).toEqual([])
  })

  test('one with an allowed address is called, with the name as Host', async () => {
    const { send } = sendTo(['127.0.0.1'])
    expect((await send(outgoing(urlOf('shop.example')))).status).toBe(200)
    expect(receiver.received[0]?.headers.host).toContain('shop.example')
  })
})

test('live mode does not reuse a connection of test mode to this machine', async () => {
  const { send } = sendTo(['127.0.0.1'])
  expect((await send(outgoing(urlOf('shop.example')))).status).toBe(200)
  await expect(send(outgoing(urlOf('shop.example'), { livemode: true }))).rejects.toThrow()
  await expect(
    send(outgoing(urlOf('shop.example', 'https'), { livemode: true })),
  ).rejects.toBeInstanceOf(ForbiddenAddressError)
})

test.each(['127.0.0.1', '[::1]', '2130706433', '0x7f.1', '10.0.0.1'])(
  'a literal address is checked without a DNS query: %s',
  async (host) => {
    const { send, asked } = sendTo(['8.8.8.8'])
    await expect(send(outgoing(urlOf(host, 'https'), { livemode: true }))).rejects.toBeInstanceOf(
      ForbiddenAddressError,
    )
    expect(asked()).toBe(0)
  },
)

test('a connection to this machine is not reused once only public addresses are allowed', async () => {
  const { send } = sendTo(['127.0.0.1'])
  expect((await send(outgoing(urlOf('shop.example')))).status).toBe(200)
  await expect(send(outgoing(urlOf('shop.example'), { reach: 'public' }))).rejects.toBeInstanceOf(
    ForbiddenAddressError,
  )
  expect(receiver.received).toHaveLength(1)
})

test('a test key is not shown the answer of a receiver in a private network', async () => {
  receiver.answer(() => ({ status: 200, body: 'AWS_SECRET_ACCESS_KEY=wJalr' }))
  const { send } = sendTo(['127.0.0.1'])
  expect(await send(outgoing(receiver.url))).toEqual({ status: 200, retryAfter: null, body: null })
  expect((await send(outgoing(urlOf('shop.example')))).body).toBeNull()
})

test('a long answer is cut between characters', () => {
  const bytes = Buffer.from(`x\0${'€'.repeat(200_000)}`).subarray(0, 1_024)
  expect(textOf(bytes)).toBe(`x\ufffd${'€'.repeat(340)}`)
})
