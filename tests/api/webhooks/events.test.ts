import { get, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, apiClient, createPayment } from '../../support/http/api.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { limitsNeverReached, type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'
import { firstKeys, startServer } from '../../support/servers/server.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'

/** The server whose stream is read, and how. */
type Place = Readonly<{ url: string; secretKey: string }>

const fixture = withMerchant()
let server: Place
let other: Place
let api: Api
/** For tests that delay the events of all merchants, or stop the server. */
let own: OwnApp
const open: Follower[] = []

beforeAll(async () => {
  const [first, second] = fixture.servers
  server = first as Place
  other = second as Place
  api = fixture.api
  own = await startOwnApp(limitsNeverReached)
})

afterAll(async () => {
  for (const follower of open) follower.close()
  await own?.close()
})

interface Message {
  id: string
  event: string
  // biome-ignore lint/suspicious/noExplicitAny: tests read events freely
  data: any
}

interface Follower {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly messages: Message[]
  readonly ended: Promise<void>
  text(): string
  close(): void
}

/** Reads the stream of a server by the specification of server-sent events, and nothing beyond it. */
async function follow(
  options: { at?: Place; query?: string; lastEventId?: string; key?: string } = {},
): Promise<Follower> {
  const { at = server, query = '', lastEventId, key = at.secretKey } = options
  const headers = {
    authorization: `Bearer ${key}`,
    ...(lastEventId ? { 'last-event-id': lastEventId } : {}),
  }
  return await new Promise((resolve, reject) => {
    const request = get(`${at.url}/v1/events/stream${query}`, { headers }, (response) => {
      const messages: Message[] = []
      let text = ''
      let rest = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        const blocks = (rest + chunk).split('\n\n')
        rest = blocks.pop() ?? ''
        messages.push(...blocks.flatMap(parseMessage))
      })
      const ended = new Promise<void>((done) => response.on('close', () => done()))
      const follower = {
        status: response.statusCode ?? 0,
        headers: response.headers,
        messages,
        ended,
        text: () => text,
        close: () => request.destroy(),
      }
      open.push(follower)
      resolve(follower)
    })
    request.on('error', reject)
  })
}

function parseMessage(block: string): Message[] {
  const fields = Object.fromEntries(
    block
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  )
  if (fields.data === undefined) return []
  return [{ id: fields.id ?? '', event: fields.event ?? '', data: JSON.parse(fields.data) }]
}

describe('the list of events', () => {
  test('is newest first, paged, and contains an event as soon as it has happened', async () => {
    const payment = await createPayment(api)
    await api('POST', `/v1/payments/${payment.id}/cancel`)
    const { body } = await api('GET', '/v1/events?limit=1')
    expect(body).toMatchObject({ has_more: true, url: '/v1/events' })
    expect(body.data[0]).toMatchObject({ type: 'payment.canceled', data: { id: payment.id } })
    const older = await api('GET', `/v1/events?limit=1&starting_after=${body.data[0].id}`)
    expect(older.body.data[0]).toMatchObject({ type: 'payment.created', sequence: 1 })
    const newer = await api('GET', `/v1/events?ending_before=${older.body.data[0].id}`)
    expect(newer.body).toMatchObject({ has_more: false, data: [{ id: body.data[0].id }] })
  })

  test('is filtered by type, payment and time', async () => {
    const payment = await createPayment(api)
    await api('POST', `/v1/payments/${payment.id}/cancel`)
    const typesOf = async (query: string) => {
      const { body } = await api('GET', `/v1/events?payment_id=${payment.id}${query}`)
      return body.data.map((event: { type: string }) => event.type)
    }
    expect(await typesOf('')).toEqual(['payment.canceled', 'payment.created'])
    expect(await typesOf('&type=payment.created')).toEqual(['payment.created'])
    expect(await typesOf('&type=payment.created&type=payment.canceled')).toHaveLength(2)
    expect(await typesOf(`&created[gte]=${payment.created_at}`)).toHaveLength(2)
    expect(await typesOf(`&created[lt]=${payment.created_at}`)).toEqual([])
  })

  test('has no events of another merchant, and refuses a cursor that is no event', async () => {
    const { id } = await createPayment(api)
    const { body: mine } = await api('GET', `/v1/events?payment_id=${id}`)
    const { body: merchant } = await api('POST', '/v1/merchants', { body: { name: 'Other' } })
    const another = apiClient(server.url, merchant.api_keys[0].secret_key)
    expect((await another('GET', '/v1/events')).body.data).toEqual([])
    expect((await another('GET', `/v1/events/${mine.data[0].id}`)).status).toBe(404)
    expect((await another('GET', `/v1/events?starting_after=${mine.data[0].id}`)).status).toBe(400)
    for (const odd of ['evt_', 'evt_0', 'evt_zzzzzzzzzzzzzzzzzzzzzzzzzz0001', 'pay_1', '%00']) {
      expect((await api('GET', `/v1/events/${odd}`)).status, odd).toBe(404)
    }
  })
})

describe('the event stream', () => {
  test('sends events of all processes on every process, equal to those of the list', async () => {
    const followers = [await follow(), await follow({ at: other })]
    const payment = await createPayment(api)
    for (const follower of followers) {
      const message = await until('the event is sent', () =>
        follower.messages.find(({ data }) => data.data.id === payment.id),
      )
      const { body } = await api('GET', `/v1/events/${message.id}`)
      expect(message).toEqual({ id: body.id, event: 'payment.created', data: body })
      expect(follower.headers['content-type']).toContain('text/event-stream')
      expect(follower.headers['x-request-id']).toMatch(/^req_/)
      follower.close()
    }
  })

  test('resumes after the last event that was seen, without gaps or repeats', async () => {
    const first = await follow()
    await createPayment(api)
    const seen = await until('an event is sent', () => first.messages[0])
    first.close()
    await first.ended
    // More events than the stream reads at once.
    const made: string[] = []
    for (let i = 0; i < size({ quick: 105, all: 250 }); i++)
      made.push((await createPayment(api)).id)
    const second = await follow({ at: other, lastEventId: seen.id })
    made.push((await createPayment(api)).id)
    await until('all events are sent', () => second.messages.length >= made.length)
    expect(second.messages.map(({ data }) => data.data.id)).toEqual(made)
    second.close()
  })

  test('sends only the requested types and payment', async () => {
    const payment = await createPayment(api)
    const follower = await follow({ query: `?type=payment.canceled&payment_id=${payment.id}` })
    await createPayment(api)
    await api('POST', `/v1/payments/${payment.id}/cancel`)
    await until('the cancel is sent', () => follower.messages[0])
    expect(follower.messages.map(({ event }) => event)).toEqual(['payment.canceled'])
    follower.close()
  })

  test('misses no event that is committed out of order', async () => {
    const { api, owner, sql, url } = own
    const follower = await follow({ at: { url, secretKey: firstKeys.secretKey } })
    const slow = await sql.connect()
    try {
      await slow.query('begin')
      await slow.query('select pg_current_xact_id()')
      await slow.query(
        `insert into events (merchant_id, livemode, subject_id, sequence, type, created_at,
          actor_type, state)
        values ($1, false, 'test_outoforder', 1, 'payment.created', now(), 'system',
          '{"data":{"id":"pay_slow"}}')`,
        [owner.merchant_id],
      )
      const quick = await createPayment(api)
      const { body: hidden } = await api('GET', '/v1/events?limit=1')
      expect(hidden.data[0]?.data.id).not.toBe(quick.id)
      await slow.query('commit')
      await until('both events are sent', () => follower.messages.length >= 2)
      expect(follower.messages.map(({ data }) => data.data.id)).toEqual(['pay_slow', quick.id])
    } finally {
      slow.release(true)
      follower.close()
    }
  })

  test('refuses an invalid cursor, an unknown type, and keys that may not read', async () => {
    expect((await follow({ lastEventId: 'evt_nowhere0001' })).status).toBe(400)
    expect((await follow({ query: '?type=payment.eaten' })).status).toBe(400)
    expect((await follow({ key: 'sk_test_nobody_at_all' })).status).toBe(401)
    const { body } = await api('POST', '/v1/auth/api-keys', {
      body: { scopes: ['webhooks:write'] },
    })
    expect((await follow({ key: body.secret_key })).status).toBe(403)
  })

  test('ends when its key is revoked', async () => {
    const { body } = await api('POST', '/v1/auth/api-keys', { body: { scopes: ['payments:read'] } })
    const follower = await follow({ key: body.secret_key })
    await api('DELETE', `/v1/auth/api-keys/${body.id}`)
    await follower.ended
  })

  test('ends cleanly when its server stops, and does not delay the stop', async () => {
    const stopped = await startServer({ databaseUrl: own.databaseUrl })
    const follower = await follow({ at: stopped })
    expect(follower.status).toBe(200)
    expect(await stopped.stop()).toBe(0)
    await follower.ended
  })
})
