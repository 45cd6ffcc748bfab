import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { newId } from '../../domain/ids.ts'
import { unavailable } from '../answers/failures.ts'
import { errorBody } from '../answers/refusal.ts'
import { securityHeaders } from '../answers/security-headers.ts'
import { send } from '../answers/send.ts'
import { readHeader } from '../request/headers.ts'
import { Lane, type LaneLimits, lookMs } from './lane.ts'
import type { RateLimit } from './rate-limit.ts'

/** How many requests a process works on at once. */
export interface AdmissionLimits {
  /** What stops payments: cancels, reversals, bulk cancellations. */
  readonly stops: LaneLimits
  /** Everything else. */
  readonly others: LaneLimits
}

/**
 * Cancels have a lane of their own, so that somebody can stop a payment while reads and creates
 * are refused; a thousand of them at once are no overload, and five thousand fill the batcher.
 * The rest shares twenty connections: five hundred at once are what a program asks for that does
 * not count, and are worked off in about half a second. A pile that stands is cut down much further.
 */
const defaultLimits: AdmissionLimits = {
  stops: { burstMax: 5_000, floor: 1_000 },
  others: { burstMax: 500, floor: 128 },
}

const busy = unavailable('Too many requests are in flight. Try again: nothing was done.')
const busyBody = JSON.stringify(errorBody(busy))
const busyLength = Buffer.byteLength(busyBody)

declare module 'fastify' {
  interface FastifyRequest {
    /** Where the request counts as in flight; `null` before its body has come, and after. */
    lane: Lane | null
  }
}

/**
 * Refuses early what would otherwise time out late. The refusal is decided by two comparisons,
 * before routing, before the key is looked at and before the body is read; so while a process is
 * too busy, a bad key is told so as well. A request counts as in flight from when its body is
 * there: whoever dribbles one takes no room from others.
 */
export class Admission {
  readonly stops: Lane
  readonly others: Lane
  readonly #rateOf: (address: string) => RateLimit

  constructor(given: {
    /** The rate limit headers of a caller who is refused unseen. */
    rateOf: (address: string) => RateLimit
    limits?: AdmissionLimits | undefined
  }) {
    const { stops, others } = given.limits ?? defaultLimits
    this.stops = new Lane(stops)
    this.others = new Lane(others)
    this.#rateOf = given.rateOf
  }

  /** Puts the refusal before whatever listens to requests. */
  before(listener: RequestListener): RequestListener {
    return (request, response) => {
      response.on('close', noteSent)
      if (noteRequest(request.socket) > pipelinedMax) {
        this.#refuse(request, response)
        return
      }
      if (this.stops.isTestFull || this.others.isTestFull) {
        const lane = this.#laneOf(request)
        if (lane?.isFull || (lane?.isTestFull && !mayBeLive(request))) {
          lane.refuse()
          this.#holdBack(lane, response)
          this.#refuse(request, response)
          return
        }
      }
      listener(request, response)
    }
  }

  /** Counts what is in flight. */
  attach(app: FastifyInstance): void {
    app.decorateRequest('lane', null)
    app.addHook('preHandler', (request, reply, done) => {
      const lane = this.#laneOf(request.raw)
      if (lane && !lane.enter(request.auth)) {
        this.#holdBack(lane, reply.raw)
        send(reply, busy)
        return
      }
      request.lane = lane
      done()
    })
    app.addHook('onSend', (request, reply, _, done) => {
      leave(request, reply)
      done()
    })
    const timer = setInterval(() => {
      this.stops.look()
      this.others.look()
    }, lookMs).unref()
    app.addHook('onClose', async () => clearInterval(timer))
  }

  #laneOf({ method, url = '' }: IncomingMessage): Lane | null {
    if (method === 'POST' && stopPath.test(url)) return this.stops
    return neverRefused.has(url) ? null : this.others
  }

  /** Whoever stops payments is never kept from asking again. */
  #holdBack(lane: Lane, response: ServerResponse): void {
    if (lane.isFlooded && lane === this.others) holdBack(response)
  }

  #refuse({ socket }: IncomingMessage, response: ServerResponse): void {
    const rate = this.#rateOf(socket.remoteAddress ?? '')
    response.writeHead(busy.status, {
      ...securityHeaders,
      ...busy.headers,
      'content-type': 'application/json; charset=utf-8',
      'content-length': busyLength,
      'x-request-id': newId('request'),
      'x-ratelimit-limit': rate.limit,
      'x-ratelimit-remaining': rate.remaining,
      'x-ratelimit-reset': rate.reset,
    })
    response.end(busyBody)
  }
}

/**
 * About as long as the refusal asks to wait (`Retry-After`), in milliseconds; not all for as long,
 * or all that were refused at once would be back at once.
 */
const heldBackMs = { least: 500, most: 1_500 }

/**
 * Reads nothing more from a connection until it may try again. To refuse a request takes a tenth of a millisecond,
 * so that thousands of clients that ask again at once would leave no time for those let in. One
 * that waits as it was asked to does not notice.
 */
function holdBack(response: ServerResponse): void {
  const { socket } = response.req
  response.once('finish', () => {
    // Node reads on once the answer is out; this is after it.
    setImmediate(() => {
      socket.pause()
      const { least, most } = heldBackMs
      setTimeout(() => socket.resume(), least + Math.random() * (most - least)).unref()
    })
  })
}

/**
 * Requests of one connection whose answers have not been sent. Nobody needs to send a request
 * before it has the answer to the last; whoever reads no answers would have any number kept.
 */
const pipelinedMax = 16
const unsent = Symbol('requests whose answers have not been sent')

type CountedSocket = Socket & { [unsent]?: number }

function noteRequest(socket: CountedSocket): number {
  const count = (socket[unsent] ?? 0) + 1
  socket[unsent] = count
  return count
}

/** By the response itself: Fastify's hooks do not see those that it has no route for. */
function noteSent(this: ServerResponse): void {
  const { socket }: { socket: CountedSocket } = this.req
  socket[unsent] = (socket[unsent] ?? 1) - 1
}

/** Paths that stop payments. An id in them is no longer than a request line. */
const stopPath = /^\/v1\/(?:payments\/(?:[^/?]+\/)?(?:cancel|reverse)|cancellations)(?:[/?]|$)/
/**
 * Whether a request may be one of live mode, as far as its head says: all but those to the API that
 * show a test key or nothing. A false head gains nothing: the key is looked at afterwards.
 */
function mayBeLive(raw: IncomingMessage): boolean {
  const { url = '' } = raw
  if (!url.startsWith('/v1/') || url.startsWith('/v1/processors/')) return true
  const authorization = readHeader({ raw }, 'authorization')
  if (authorization === undefined) return readHeader({ raw }, 'cookie') !== undefined
  return !/^bearer +sk_test_/i.test(authorization)
}

/** Whoever watches the process has to see it when it is busy. */
const neverRefused: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics'])

/** Answered, or open for hours as a stream, which has limits of its own: no longer in flight. */
export function leave(request: FastifyRequest, reply: FastifyReply): void {
  request.lane?.leave({ user: request.auth, served: reply.statusCode !== busy.status })
  request.lane = null
}
