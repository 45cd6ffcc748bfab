import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Loop } from '../../../packages/server/src/jobs/loop.ts'
import { createSealer } from '../../../packages/server/src/sealing/sealer.ts'
import { startWebhooks } from '../../../packages/server/src/webhooks/start.ts'
import { createLog } from '../../../packages/server/src/wiring/log.ts'
import { type Api, apiClient } from '../../support/http/api.ts'
import {
  answer,
  answerAndClose,
  type Behavior,
  flood,
  type HostileReceiver,
  silence,
  startHostileReceiver,
  trickle,
} from '../../support/http/hostile-receiver.ts'
import { type Receiver, startReceiver } from '../../support/http/receiver.ts'
import { type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'
import { startServer } from '../../support/servers/server.ts'
import { isLongRun } from '../../support/size.ts'
import { until } from '../../support/until.ts'

/** One merchant's receivers break every rule, while another merchant waits for its events. */
let own: OwnApp
let rude: Api
let hostile: HostileReceiver
let good: Receiver
let other: Api
let webhooks: Loop | undefined

const endpointsMax = 16
/** A deadline that no attempt of a test reaches, so that what hangs does so on a busy machine as well. */
const neverMs = 3_600_000
const base = '/v1/webhooks/endpoints'
const switching = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'

beforeAll(async () => {
  own = await startOwnApp({})
})

afterAll(() => own?.close())

beforeEach(async () => {
  hostile = await startHostileReceiver()
  good = await startReceiver()
  rude = await newMerchant('A rude merchant')
  other = await newMerchant('Another merchant')
  await other('POST', base, { body: { url: good.url } })
})

afterEach(async () => {
  await webhooks?.stop()
  webhooks = undefined
  // Nothing is left for the worker of the next test.
  for (const api of [rude, other]) {
    const { body } = await api('GET', base)
    for (const { id } of body.data) await api('DELETE', `${base}/${id}`)
  }
  await hostile.close()
  await good.close()
})

async function newMerchant(name: string): Promise<Api> {
  const { body } = await own.api('POST', '/v1/merchants', { body: { name } })
  return apiClient(own.url, body.api_keys[0].secret_key)
}

function start(deadlineMs?: number): void {
  webhooks = startWebhooks({
    db: own.database.db,
    log: createLog('silent'),
    sealer: createSealer([]),
    privateNetworks: null,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  })
}

async function registerHostile(): Promise<string[]> {
  const made = await Promise.all(
    Array.from({ length: endpointsMax }, () => rude('POST', base, { body: { url: hostile.url } })),
  )
  return made.map(({ body }) => body.id)
}

async function sendEvents(api: Api, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    expect((await api('POST', '/v1/webhooks/test', { body: {} })).status).toBe(200)
  }
}

async function expectOthersEvents(count: number): Promise<void> {
  await until('the other merchant has its events', () => good.received.length >= count)
}

describe('events of another merchant arrive', () => {
  test('while every place that one merchant may have waits for receivers that never answer', async () => {
    hostile.behave(silence)
    const first = await registerHostile()
    await sendEvents(rude, 8)
    start(neverMs)
    await until('its places are taken', () => hostile.open() >= 64)
    // Deleted and made again, an endpoint is a new one: its merchant is not.
    for (const id of first) await rude('DELETE', `${base}/${id}`)
    await registerHostile()
    await sendEvents(rude, 8)
    await sendEvents(other, 20)
    await expectOthersEvents(20)
    expect(hostile.openMost()).toBe(64)
  })

  test('after sixteen receivers have switched protocols, twice', async () => {
    hostile.behave(answer(switching))
    const first = await registerHostile()
    await sendEvents(rude, 10)
    start()
    await until('they were asked', () => hostile.requests() >= 100)
    for (const id of first) await rude('DELETE', `${base}/${id}`)
    await registerHostile()
    await sendEvents(rude, 10)
    await until('they were asked again', () => hostile.requests() >= 300)
    await sendEvents(other, 5)
    await expectOthersEvents(5)
    await until('no connection is left', () => hostile.open() === 0)
  })
})

test('a receiver that never answers does not hold up another', async () => {
  hostile.behave(silence)
  const more = await startReceiver()
  try {
    await rude('POST', base, { body: { url: hostile.url } })
    await rude('POST', base, { body: { url: more.url } })
    const count = 20
    await sendEvents(rude, count)
    start(neverMs)
    // No attempt that hangs ends before this: the other receiver did not wait for one of them.
    await until('the other has them all', () => more.received.length === count)
    expect([hostile.requests(), hostile.open()]).toEqual([8, 8])
  } finally {
    await more.close()
  }
})

const behaviors: readonly [
  what: string,
  how: Behavior,
  code: number | null,
  error: RegExp | null,
][] = [
  ['switches protocols', answer(switching), 101, /another protocol/],
  ['switches protocols and talks', trickle(switching, 'x'), 101, /another protocol/],
  ['never answers', silence, null, /^No answer within/],
  ['trickles its headers', trickle('HTTP/1.1 200 OK\r\nx: ', 'x'), null, /^No answer within/],
  [
    'has headers without end',
    flood('HTTP/1.1 200 OK\r\nx: ', 'y'.repeat(1_000)),
    null,
    /larger than 16 KiB/,
  ],
  [
    'sends informational responses without end',
    flood('', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(500)),
    null,
    /informational/,
  ],
  ['closes without a word', answerAndClose(''), null, /reset before an answer came/],
  ['resets in the middle', answerAndClose('HTTP/1.1 20', 'reset'), null, /reset before/],
  ['speaks no HTTP', answer('220 smtp.example ESMTP\r\n'), null, /not valid HTTP/],
  ['answers 100 alone', answer('HTTP/1.1 100 Continue\r\n\r\n'), null, /^No answer within/],
  ['answers 599', answer('HTTP/1.1 599 X\r\ncontent-length: 0\r\n\r\n'), 599, /Answered 599/],
  [
    'trickles its body',
    trickle('HTTP/1.1 500 X\r\ncontent-length: 99999\r\n\r\n', 'x'),
    500,
    /500/,
  ],
  ['has a body without end', flood('HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(9_000)), 200, null],
]

test.each(behaviors.filter((_, n) => isLongRun || n % 3 === 0))(
  'the log says that a receiver %s, and the next merchant has its events',
  async (what, how, code, error) => {
    hostile.behave(how)
    const { body: endpoint } = await rude('POST', base, { body: { url: hostile.url } })
    await sendEvents(rude, 3)
    // Short where only the deadline ends the attempt. A busy machine must still get the status of a body that trickles.
    start(
      error?.source.startsWith('^No answer') ? 300 : what === 'trickles its body' ? 5_000 : 60_000,
    )
    const delivery = await until('it was attempted', async () => {
      const { body } = await rude('GET', `/v1/webhooks/deliveries?endpoint_id=${endpoint.id}`)
      return body.data.find((one: { attempt: number }) => one.attempt >= 1)
    })
    expect(delivery.response_code).toBe(code)
    if (error === null) expect(delivery).toMatchObject({ status: 'succeeded', error: null })
    else expect(delivery.error).toMatch(error)
    await sendEvents(other, 3)
    await expectOthersEvents(3)
    await rude('DELETE', `${base}/${endpoint.id}`)
    await until('every connection is closed', () => hostile.open() === 0)
  },
)

test.each(
  behaviors
    .filter(([, , code]) => code === null || code === 101)
    .filter((_, n) => isLongRun || n % 4 === 0),
)(
  'a stop ends while a receiver %s, and nothing that was in flight counts as an attempt',
  async (_what, how) => {
    hostile.behave(how)
    await registerHostile()
    await sendEvents(rude, 4)
    start()
    await until('it is asked', () => hostile.requests() > 0)
    await webhooks?.stop()
    webhooks = undefined
    await until('every connection is closed', () => hostile.open() === 0)
    const [{ leased }] = await own.sql.query(
      'select count(*)::integer as leased from webhook_deliveries where lease is not null',
    )
    expect(leased).toBe(0)
  },
)

test('a server whose receivers all switch protocols sends to others, and stops in good order', async () => {
  hostile.behave(answer(switching))
  const server = await startServer({ databaseUrl: own.databaseUrl })
  try {
    await registerHostile()
    await sendEvents(rude, 20)
    await until('they were asked', () => hostile.requests() >= 256)
    await sendEvents(other, 5)
    await expectOthersEvents(5)
  } finally {
    expect(await server.stop()).toBe(0)
  }
})
