import { getEventListeners, once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { HedgePayments, InvalidResponseError } from '../../../packages/node/src/index.ts'
import { until } from '../../support/until.ts'
import { listen } from './listen.ts'
import { type Reply, refusal, rejection, startWire, testSecret } from './wire.ts'

const eventOf = (id: string) => ({ id, object: 'event', type: 'payment.created', data: {} })
const messageOf = (id: string) => `id: ${id}\ndata: ${JSON.stringify(eventOf(id))}\n\n`
const stream = (body: string): Reply => ({ headers: { 'content-type': 'text/event-stream' }, body })
const none: Reply = { body: { object: 'list', data: [], has_more: false, url: '/' } }

async function firstOf(hedge: HedgePayments, lastEventId: string | undefined = 'evt_0') {
  for await (const event of hedge.events.stream({ lastEventId })) return event
  return undefined
}

describe('an answer of 200 that is not an event stream', () => {
  const replies: readonly [string, Reply][] = [
    ['a page', { headers: { 'content-type': 'text/html' }, body: '<html>Welcome</html>' }],
    ['JSON', { body: { object: 'list', data: [] } }],
    ['nothing', { headers: { 'content-type': '' }, body: '' }],
    ['an event that is not JSON', stream('data: {\n\n')],
    ['an event that is null', stream('data: null\n\n')],
    ['an event without an id', stream('data: {"object":"event"}\n\n')],
  ]

  test.each(replies)('ends the stream at once with a clear error: %s', async (_name, reply) => {
    const wire = await startWire(reply)
    const onDisconnect = vi.fn()
    const events = wire.client().events.stream({ lastEventId: 'evt_0', onDisconnect })
    const error = await rejection(events.next())
    expect(error).toBeInstanceOf(InvalidResponseError)
    expect(error).toMatchObject({ code: 'unexpected_response', status: 200 })
    expect(wire.requests).toHaveLength(1)
    expect(onDisconnect).not.toHaveBeenCalled()
  })

  test('ends the stream also if the first page before it is not a list', async () => {
    const wire = await startWire({ body: { id: 'pay_1' } })
    const error = await rejection(wire.client().events.stream().next())
    expect(error).toBeInstanceOf(InvalidResponseError)
    expect(wire.requests).toHaveLength(1)
  })
})

describe('an interrupted stream', () => {
  const passing = [408, 425, 429, 500, 502, 503, 504, 507, 520, 521, 522, 523, 524]

  test.each(passing)('resumes after the last event if interrupted by %i', async (status) => {
    immediately()
    const wire = await startWire(
      stream(messageOf('evt_1')),
      { status, body: '' },
      stream(messageOf('evt_2')),
    )
    const ids: string[] = []
    for await (const event of wire.client().events.stream({ lastEventId: 'evt_0' })) {
      ids.push(event.id)
      if (ids.length === 2) break
    }
    expect(ids).toEqual(['evt_1', 'evt_2'])
    expect(wire.requests.map(({ headers }) => headers['last-event-id'])).toEqual([
      'evt_0',
      'evt_1',
      'evt_1',
    ])
  })

  test.each([400, 401, 403, 404])('ends if interrupted by %i', async (status) => {
    const wire = await startWire(refusal(status, 'code'))
    expect(
      await rejection(wire.client().events.stream({ lastEventId: 'evt_0' }).next()),
    ).toMatchObject({
      status,
    })
    expect(wire.requests).toHaveLength(1)
  })

  test('waits longer after each connection without an event, and as long as Retry-After says', async () => {
    const delays = immediately()
    const limited = refusal(429, 'rate_limit_exceeded', { headers: { 'retry-after': '40' } })
    const empty = stream(': hello\n\n')
    const wire = await startWire(...Array(8).fill(empty), limited, stream(messageOf('evt_1')))
    expect((await firstOf(wire.client()))?.id).toBe('evt_1')
    expect(delays).toEqual([250, 500, 1_000, 2_000, 4_000, 7_500, 7_500, 7_500, 40_000])
  })
})

/** Ends the pauses between connections at once, and returns their lengths in milliseconds. */
function immediately(): number[] {
  const delays: number[] = []
  const { setTimeout: real } = globalThis
  // Without jitter, the pauses have these lengths. All other timers are those of `fetch` and of timeouts.
  vi.spyOn(Math, 'random').mockReturnValue(0)
  const pauses = new Set([250, 500, 1_000, 2_000, 4_000, 7_500, 40_000])
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((
    run: () => void,
    ms?: number,
    ...more: []
  ) => {
    if (more.length > 0 || ms === undefined || !pauses.has(ms)) return real(run, ms, ...more)
    delays.push(ms)
    return real(run, 0)
  }) as typeof setTimeout)
  return delays
}

/** A `fetch` whose bodies are Node's streams, like that of node-fetch. */
async function nodeStreamFetch(url: string, init: RequestInit): Promise<Response> {
  const { method = 'GET', signal } = init
  const headers = Object.fromEntries(new Headers(init.headers))
  const outgoing = httpRequest(url, { method, headers, signal: signal ?? undefined })
  outgoing.end(init.body ?? undefined)
  const [body] = (await once(outgoing, 'response')) as [IncomingMessage]
  const text = async () => {
    const chunks: Buffer[] = []
    for await (const chunk of body) chunks.push(chunk)
    return Buffer.concat(chunks).toString()
  }
  const fields = new Headers(
    Object.entries(body.headers).map(([name, value]) => [name, String(value)]),
  )
  const status = body.statusCode ?? 0
  return { status, statusText: '', headers: fields, body, text } as unknown as Response
}

describe('a fetch whose bodies are Node’s streams', () => {
  test('makes calls and reads lists', async () => {
    const wire = await startWire({}, none)
    const hedge = wire.client({ fetch: nodeStreamFetch })
    const { data, response } = await hedge.payments.cancel('pay_1').withResponse()
    expect(data.id).toBe('pay_1')
    expect(await response.json()).toEqual(data)
    expect((await hedge.payments.list()).data).toEqual([])
  })

  test.each([
    ['bytes', (body: IncomingMessage) => body],
    ['texts', (body: IncomingMessage) => body.setEncoding('utf8')],
  ])('streams events as %s, and ends the connection with the loop', async (_name, change) => {
    const { url, closed } = await startStream()
    const fetch = async (address: string, init: RequestInit) => {
      const response = await nodeStreamFetch(address, init)
      change(response.body as unknown as IncomingMessage)
      return response
    }
    const hedge = new HedgePayments({ apiSecret: testSecret, baseUrl: url, fetch })
    expect((await firstOf(hedge))?.id).toBe('evt_é')
    await closed
  })

  test('ends the stream and the connection when the signal aborts', async () => {
    const { url, closed } = await startStream()
    const hedge = new HedgePayments({ apiSecret: testSecret, baseUrl: url, fetch: nodeStreamFetch })
    const controller = new AbortController()
    const ids: string[] = []
    const { signal } = controller
    for await (const event of hedge.events.stream({ lastEventId: 'evt_0', signal })) {
      ids.push(event.id)
      controller.abort()
    }
    expect(ids).toEqual(['evt_é'])
    await closed
  })
})

/** A server that sends one event in two pieces, within a character, and keeps the stream open. */
async function startStream(): Promise<{ url: string; closed: Promise<unknown> }> {
  let close: (value?: unknown) => void = () => {}
  const closed = new Promise((resolve) => {
    close = resolve
  })
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    const message = Buffer.from(messageOf('evt_é'))
    const middle = message.indexOf(Buffer.from('é')) + 1
    response.write(message.subarray(0, middle), () => response.write(message.subarray(middle)))
    response.once('close', close)
  })
  return { url: await listen(server), closed }
}

describe('the options of a stream', () => {
  test.each([
    ['the parameters', (signal: AbortSignal) => [{ signal }] as const],
    ['the options', (signal: AbortSignal) => [{}, { signal }] as const],
    [
      'the options, with another one in the parameters',
      (signal: AbortSignal) => [{ signal: new AbortController().signal }, { signal }] as const,
    ],
  ])('end it by the signal of %s, and keep no listener', async (_name, make) => {
    const { url, closed } = await startStream()
    const hedge = new HedgePayments({ apiSecret: testSecret, baseUrl: url })
    const { signal, abort } = newController()
    const [params, options] = make(signal)
    const ids: string[] = []
    for await (const event of hedge.events.stream({ ...params, lastEventId: 'evt_0' }, options)) {
      ids.push(event.id)
      abort()
    }
    expect(ids).toEqual(['evt_é'])
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    await closed
  })

  test('that has aborted before: nothing is sent', async () => {
    const wire = await startWire()
    const { signal, abort } = newController()
    abort()
    expect(await wire.client().events.stream({}, { signal }).next()).toMatchObject({ done: true })
    expect(wire.requests).toHaveLength(0)
  })

  test('send the headers with each request, and limit the wait for a connection', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const wire = await startWire(none, 'hang', stream(messageOf('evt_1')), none)
    const codes: unknown[] = []
    const events = wire
      .client()
      .events.stream(
        { onDisconnect: (error) => codes.push(error?.code) },
        { headers: { 'x-trace': 't' }, timeout: 60_000 },
      )
    const first = events.next()
    await until('the stream is requested', () => wire.requests.length === 2)
    await vi.advanceTimersByTimeAsync(60_000)
    await until('the stream is requested again', async () => {
      await vi.advanceTimersByTimeAsync(100)
      return wire.requests.length === 4
    })
    expect((await first).value).toMatchObject({ id: 'evt_1' })
    await events.return()
    expect(codes).toEqual(['timeout'])
    const paths = wire.requests.map(({ url, headers }) => [url.split('?')[0], headers['x-trace']])
    expect(paths).toEqual([
      ['/v1/events', 't'],
      ['/v1/events/stream', 't'],
      ['/v1/events/stream', 't'],
      ['/v1/events', 't'],
    ])
  })
})

function newController() {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}
