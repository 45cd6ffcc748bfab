import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import {
  type Event,
  type EventStreamQuery,
  type Operation,
  operations,
} from '@hedgepayments/contract'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Db } from '../database/db.ts'
import { describe } from '../database/errors.ts'
import type { Account } from '../domain/account.ts'
import { type Refusal, refuse, refuseField } from '../http/answers/refusal.ts'
import { send } from '../http/answers/send.ts'
import { endInFlight } from '../http/limits/admission.ts'
import { limitsOf, Semaphore } from '../http/limits/semaphore.ts'
import type { Auth } from '../http/request/auth.ts'
import { readHeader } from '../http/request/headers.ts'
import { compileCheck } from '../http/request/validation.ts'
import { readHorizon } from './horizon.sql.ts'
import { HorizonWatch } from './horizon-watch.ts'

import { type EventFilter, listEvents } from './list-events.sql.ts'
import { renderEvents } from './load.ts'
import { findEventById } from './routes.ts'

/** The dependencies of the event stream. */
export interface StreamOptions {
  readonly db: Db
  readonly log: FastifyBaseLogger
  /** Called repeatedly while a stream is open, so that a revoked key loses its stream. */
  readonly authenticate: (
    request: FastifyRequest,
    nowMs: number,
  ) => Auth | Refusal | Promise<Auth | Refusal>
}

/** Concurrent streams of this process. Each uses a socket and queries the database. */
const shares = { total: 500, test: 250, account: 200, key: 100, session: 20 } as const
/** Interval of heartbeats: short enough that proxies do not close the idle connection. */
const heartbeatMs = 15_000
/** Interval at which the key of a stream is checked: a revoked key is refused within five seconds. */
const authCheckMs = 4_000
/** Events per write. No more are buffered for a client. */
const batchSize = 100
/** A client that reads nothing for this time loses its stream. It can continue with Last-Event-ID. */
const stuckMs = 30_000
/** The pause before a client connects again. */
const reconnectMs = 1_000

interface Stream {
  readonly account: Account
  readonly filter: EventFilter
  readonly request: FastifyRequest
  readonly response: ServerResponse
  readonly closed: AbortController
  position: string
}

/** The stream of events, as server-sent events. Source: `streamEvents` in the contract. */
export function streamRoute(app: FastifyInstance, options: StreamOptions): void {
  const streams = new EventStreams(options)
  const permits = new Semaphore()
  const operation: Operation = operations.streamEvents
  const checkQuery = compileCheck(operations.streamEvents.query, 'query')

  // On close, the server waits for its requests to end. Streams would never end.
  app.addHook('preClose', async () => streams.stop())

  app.route({
    method: operation.method,
    url: operation.path,
    // A HEAD request could write no events, so its stream and connection would stay open for ever.
    exposeHeadRoute: false,
    config: { operation },
    handler: async (request, reply) => {
      const refusal = checkQuery(request.query)
      if (refusal) return send(reply, refusal)
      const auth = request.auth as Auth
      // Before the first await, so that concurrent requests cannot take the same permit.
      const permit = permits.tryAcquire(limitsOf({ auth, address: '' }, shares))
      if (!permit) return send(reply, tooManyStreams())
      try {
        return await openStream(streams, { db: options.db, request, reply })
      } finally {
        permit.release()
      }
    },
  })
}

/** Answers with the stream's headers, and sends events until the stream is closed. */
async function openStream(
  streams: EventStreams,
  { db, request, reply }: { db: Db; request: FastifyRequest; reply: FastifyReply },
): Promise<FastifyReply> {
  const { merchantId, livemode } = request.auth as Auth
  const account = { merchantId, livemode }
  const query = request.query as EventStreamQuery
  const position = await readStart(db, { account, request, query })
  if (typeof position !== 'string') return send(reply, position)
  endInFlight(request, reply)
  reply.hijack()
  const response = reply.raw
  response.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  })
  const closed = new AbortController()
  await streams.run({ account, filter: query, request, response, closed, position })
  return reply
}

function tooManyStreams(): Refusal {
  const refusal = refuse('rate_limit_exceeded', 'Too many streams are open. Close some first.', {
    retry_after: 5,
  })
  return { ...refusal, headers: { 'retry-after': '5' } }
}

/** The streams of this process. */
class EventStreams {
  readonly #options: StreamOptions
  readonly #open = new Set<Stream>()
  readonly #watch: HorizonWatch

  constructor(options: StreamOptions) {
    this.#options = options
    this.#watch = new HorizonWatch({
      read: () => readHorizon(options.db),
      onError: (error) =>
        options.log.warn({ err: describe(error) }, 'event stream failed to read the horizon'),
    })
  }

  stop(): void {
    for (const stream of this.#open) stream.closed.abort()
    this.#watch.stop()
  }

  /** Sends a stream its events until it is closed, by either side. */
  async run(stream: Stream): Promise<void> {
    const { response, closed } = stream
    this.#open.add(stream)
    response.on('close', () => closed.abort())
    response.on('error', () => closed.abort())
    if (response.destroyed) closed.abort()
    const heartbeat = setInterval(() => beat(response), heartbeatMs)
    const authCheck = setInterval(() => void this.#endUnlessAllowed(stream), authCheckMs)
    try {
      response.write(`retry: ${reconnectMs}\n\n`)
      while (!closed.signal.aborted) {
        const horizon = await this.#watch.beyond(stream.position, closed.signal)
        if (horizon !== null) await this.#writeThrough(stream, horizon)
      }
    } catch (error) {
      // The client continues with Last-Event-ID, at this or another server.
      this.#options.log.warn({ err: describe(error) }, 'event stream failed')
    } finally {
      clearInterval(heartbeat)
      clearInterval(authCheck)
      this.#open.delete(stream)
      response.end()
    }
  }

  async #writeThrough(stream: Stream, horizon: string): Promise<void> {
    const { db } = this.#options
    while (!stream.closed.signal.aborted && BigInt(stream.position) < BigInt(horizon)) {
      const { text, position } = await readBatch(db, stream, horizon)
      if (text !== '') await writeAndDrain(stream, text)
      stream.position = position
    }
  }

  async #endUnlessAllowed(stream: Stream): Promise<void> {
    try {
      const auth = await this.#options.authenticate(stream.request, Date.now())
      if ('refusal' in auth) stream.closed.abort()
    } catch (error) {
      // The database is unavailable, so the stream sends nothing. The next check follows soon.
      this.#options.log.debug({ err: describe(error) }, 'event stream failed to check its key')
    }
  }
}

/** Writes a heartbeat, unless the client has not read the last one. */
function beat(response: ServerResponse): void {
  if (response.writableLength === 0) response.write(': still here\n\n')
}

function messageOf(event: Event | undefined): string {
  if (!event) return ''
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
}

/** The next events as text, and the position of the last. The rows are not kept during the write. */
async function readBatch(
  db: Db,
  stream: Stream,
  horizon: string,
): Promise<{ text: string; position: string }> {
  const { rows, lastRead } = await listEvents(db, {
    account: stream.account,
    filter: stream.filter,
    after: stream.position,
    before: null,
    through: horizon,
    order: 'oldest first',
    limit: batchSize,
  })
  const events = await renderEvents(db, rows)
  const text = rows.map((row) => messageOf(events.get(row.position))).join('')
  const last = rows.length === batchSize ? rows.at(-1) : lastRead
  return { text, position: last ? last.position : horizon }
}

/**
 * Writes the text, and waits until the client has read it. A client that does not read it, or whose
 * merchant has too many buffered bytes, loses its stream. It can continue with Last-Event-ID.
 */
async function writeAndDrain({ request, response, closed }: Stream, text: string): Promise<void> {
  if (response.write(text)) return
  const kept = request.server.bufferBudget.reserve(request, Buffer.byteLength(text))
  if (!kept) {
    closed.abort()
    response.destroy()
    return
  }
  const stuck = AbortSignal.any([closed.signal, AbortSignal.timeout(stuckMs)])
  try {
    await once(response, 'drain', { signal: stuck })
  } catch {
    closed.abort()
    response.destroy()
  } finally {
    kept.release()
  }
}

async function readStart(
  db: Db,
  given: { account: Account; request: FastifyRequest; query: EventStreamQuery },
): Promise<string | Refusal> {
  const header = readHeader(given.request, 'last-event-id')
  const id = header ? header : given.query.last_event_id
  if (id === undefined) return await readHorizon(db)
  const row = await findEventById(db, { account: given.account, id })
  const field = header ? 'Last-Event-ID' : 'last_event_id'
  return row ? row.position : refuseField(field, id, 'the id of an event')
}
