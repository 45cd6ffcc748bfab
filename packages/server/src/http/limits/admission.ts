import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { newId } from '../../domain/ids.ts'
import { unavailable } from '../answers/failures.ts'
import { errorBody } from '../answers/refusal.ts'
import { securityHeaders } from '../answers/security-headers.ts'
import { send } from '../answers/send.ts'
import { readHeader } from '../request/headers.ts'
import { AdaptiveLimiter, type AdaptiveLimits, tickMs } from './adaptive-limiter.ts'
import type { RateLimit } from './rate-limit.ts'

/** How many requests a process works on at once. */
export interface AdmissionLimits {
  /** Requests that stop payments: cancels, reversals, bulk cancellations. */
  readonly cancellations: AdaptiveLimits
  /** All other requests. */
  readonly others: AdaptiveLimits
}

/**
 * Cancellations have a limit of their own, so that payments can be stopped while reads and creates are
 * refused. A thousand concurrent cancels are no overload; five thousand fill the batcher. All other
 * requests share twenty database connections: five hundred, the burst of a program that does not
 * limit itself, are served in about half a second. A lasting backlog lowers the limit.
 */
const defaultLimits: AdmissionLimits = {
  cancellations: { burstMax: 5_000, limitMin: 1_000 },
  others: { burstMax: 500, limitMin: 128 },
}

const busy = unavailable('Too many requests are in flight. Try again: nothing was done.')
const busyBody = JSON.stringify(errorBody(busy))
const busyLength = Buffer.byteLength(busyBody)

declare module 'fastify' {
  interface FastifyRequest {
    /** Counts the request while it is in flight; `null` before its body has arrived, and afterwards. */
    limiter: AdaptiveLimiter | null
  }
}

/**
 * Refuses a request early that would otherwise time out late. The refusal costs two comparisons, and
 * comes before routing, key and body: an overloaded process also answers a bad key with 503. A
 * request is in flight once its body has arrived, so a slow body does not use the limit.
 */
export class Admission {
  readonly cancellations: AdaptiveLimiter
  readonly others: AdaptiveLimiter
  readonly #rateOf: (address: string) => RateLimit

  constructor(given: {
    /** The rate limit of an address, for the headers of early refusals. */
    rateOf: (address: string) => RateLimit
    limits?: AdmissionLimits | undefined
  }) {
    const { cancellations, others } = given.limits ?? defaultLimits
    this.cancellations = new AdaptiveLimiter(cancellations)
    this.others = new AdaptiveLimiter(others)
    this.#rateOf = given.rateOf
  }

  /** Wraps a listener: requests that are refused early do not reach it. */
  before(listener: RequestListener): RequestListener {
    return (request, response) => {
      response.on('close', countResponse)
      if (countRequest(request.socket) > pipelinedMax) {
        this.#refuse(request, response)
        return
      }
      if (this.cancellations.isTestFull || this.others.isTestFull) {
        const limiter = this.#limiterOf(request)
        if (limiter?.isFull || (limiter?.isTestFull && !mayBeLive(request))) {
          limiter.countRefusal()
          this.#delayRetry(limiter, response)
          this.#refuse(request, response)
          return
        }
      }
      listener(request, response)
    }
  }

  /** Counts requests in flight, and refuses those above the limit of their mode or merchant. */
  attach(app: FastifyInstance): void {
    app.decorateRequest('limiter', null)
    app.addHook('preHandler', (request, reply, done) => {
      const limiter = this.#limiterOf(request.raw)
      if (limiter && !limiter.enter(request.auth)) {
        this.#delayRetry(limiter, reply.raw)
        send(reply, busy)
        return
      }
      request.limiter = limiter
      done()
    })
    app.addHook('onSend', (request, reply, _, done) => {
      endInFlight(request, reply)
      done()
    })
    const timer = setInterval(() => {
      this.cancellations.tick()
      this.others.tick()
    }, tickMs).unref()
    app.addHook('onClose', async () => clearInterval(timer))
  }

  #limiterOf({ method, url = '' }: IncomingMessage): AdaptiveLimiter | null {
    if (method === 'POST' && cancellationPath.test(url)) return this.cancellations
    return neverRefused.has(url) ? null : this.others
  }

  /** Cancellations are never delayed. */
  #delayRetry(limiter: AdaptiveLimiter, response: ServerResponse): void {
    if (limiter.isFlooded && limiter === this.others) pauseReading(response)
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
 * The pause after a refusal, in milliseconds: about the second that its `Retry-After` says. The pause is
 * random, so that clients that were refused together do not retry together.
 */
const readPauseMs = { min: 500, max: 1_500 }

/**
 * Stops reading from a connection until its client may try again. A refusal takes a tenth of a
 * millisecond: thousands of clients that retry at once would leave no time for admitted requests. A
 * client that respects `Retry-After` does not notice.
 */
function pauseReading(response: ServerResponse): void {
  const { socket } = response.req
  response.once('finish', () => {
    // Node resumes the socket when the answer is written: pause it afterwards.
    setImmediate(() => {
      socket.pause()
      const { min, max } = readPauseMs
      setTimeout(() => socket.resume(), min + Math.random() * (max - min)).unref()
    })
  })
}

/**
 * Unanswered requests of one connection. No client needs to pipeline more, and the answers to a client
 * that reads none would be buffered without a bound.
 */
const pipelinedMax = 16
const unanswered = Symbol('unanswered requests of the connection')

type CountedSocket = Socket & { [unanswered]?: number }

function countRequest(socket: CountedSocket): number {
  const count = (socket[unanswered] ?? 0) + 1
  socket[unanswered] = count
  return count
}

/** An event of the response, because Fastify's hooks do not run for requests without a route. */
function countResponse(this: ServerResponse): void {
  const { socket }: { socket: CountedSocket } = this.req
  socket[unanswered] = (socket[unanswered] ?? 1) - 1
}

/** Paths that stop payments. The length of a request line bounds the id in them. */
const cancellationPath =
  /^\/v1\/(?:payments\/(?:[^/?]+\/)?(?:cancel|reverse)|cancellations)(?:[/?]|$)/

/**
 * Whether a request may be of live mode, judged by its headers: every request except those to the API
 * with a test key or no credentials. A forged header gains nothing, because the key is checked later.
 */
function mayBeLive(raw: IncomingMessage): boolean {
  const { url = '' } = raw
  if (!url.startsWith('/v1/') || url.startsWith('/v1/processors/')) return true
  const authorization = readHeader({ raw }, 'authorization')
  if (authorization === undefined) return readHeader({ raw }, 'cookie') !== undefined
  return !/^bearer +sk_test_/i.test(authorization)
}

/** Monitoring must also work while the process is overloaded. */
const neverRefused: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics'])

/**
 * Ends a request's time in flight: when its answer is sent, or when it becomes a stream, which stays
 * open for hours and has separate limits.
 */
export function endInFlight(request: FastifyRequest, reply: FastifyReply): void {
  request.limiter?.leave({ account: request.auth, served: reply.statusCode !== busy.status })
  request.limiter = null
}
