import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { describe } from '../database/errors.ts'
import { toTimestamp } from '../domain/time.ts'
import { startLoop } from '../jobs/loop.ts'
import { type Refusal, refuseField } from './answers/refusal.ts'
import { securityHeaders, strictTransport } from './answers/security-headers.ts'
import { send } from './answers/send.ts'
import { LookupThrottle, type ThrottledLookup } from './limits/lookup-throttle.ts'
import { type RateLimit, RateLimiter, type ShareCounts } from './limits/rate-limit.ts'
import { refuseTooMany, setRateLimit } from './limits/rate-limit-headers.ts'
import type { Auth } from './request/auth.ts'
import { addressOf, countedAddress } from './request/client-address.ts'
import { readHeader, refuseRepeated } from './request/headers.ts'
import { checkScopes } from './scopes.ts'
import { refuseUnknownRoute } from './unknown-route.ts'

export interface EdgeOptions {
  /** Finds the key or session of a request; unknown ones are looked up by `throttledLookup`. */
  readonly authenticate: (
    request: FastifyRequest,
    nowMs: number,
    throttledLookup: ThrottledLookup,
  ) => Auth | Refusal | Promise<Auth | Refusal>
  /** Whether callers use https, through a proxy. Default: no. */
  readonly isSecure?: () => boolean
  /** The refusal of live mode where it is not served. Default: it is served. */
  readonly refuseLive?: () => Refusal | null
  /** Adds up the requests of each key over all processes. Default: each process counts alone. */
  readonly shareCounts?: ShareCounts
}

/** Requests per minute of an address without a valid key: enough for pages and health checks. */
const anonymousRequestsPerMinute = 6_000
/** Look-ups of unknown keys and sessions per minute and address before they run one at a time. */
const unknownKeysPerMinute = 600
/** Interval in milliseconds at which processes exchange the request counts of keys. */
const exchangeIntervalMs = 200

/**
 * The checks that every request passes before its body is read: the key, the rate limit, the scopes of
 * the key, repeated headers, the route. A bad key is reported before every other fault. Source: api.md,
 * "Cancel, exactly".
 */
export class Edge {
  readonly #authenticate: EdgeOptions['authenticate']
  readonly #isSecure: () => boolean
  readonly #refuseLive: () => Refusal | null
  readonly #addresses = new RateLimiter()
  readonly #keys: RateLimiter
  readonly #lookups = new LookupThrottle(unknownKeysPerMinute)

  constructor(options: EdgeOptions) {
    const { authenticate, isSecure = () => false, refuseLive = () => null, shareCounts } = options
    this.#authenticate = authenticate
    this.#isSecure = isSecure
    this.#refuseLive = refuseLive
    this.#keys = new RateLimiter(shareCounts)
  }

  /** Checks every request of the server before anything else happens to it. */
  attach(app: FastifyInstance): void {
    app.decorateRequest('auth', null)
    app.decorateRequest('now', '')
    app.addHook('onRequest', async (request, reply) => {
      const refusal = await this.admit(request, reply)
      if (refusal) return send(reply, refusal)
      if (request.is404) return send(reply, refuseUnknownRoute(request))
      return undefined
    })
    startExchange(app, this.#keys)
  }

  /**
   * Checks a request, and sets the headers of every answer. Returns the refusal, if any. The key comes
   * before repeated headers: a bad key is 401 whatever else is wrong.
   */
  async admit(request: FastifyRequest, reply: FastifyReply): Promise<Refusal | null> {
    const refusal = await this.#admitCaller(request, reply)
    return refusal ?? refuseRepeated(request) ?? refuseHostless(request)
  }

  async #admitCaller(request: FastifyRequest, reply: FastifyReply): Promise<Refusal | null> {
    const nowMs = Date.now()
    request.now = toTimestamp(nowMs)
    reply.headers(securityHeaders).header('x-request-id', request.id)
    if (this.#isSecure()) reply.headers(strictTransport)
    if (!needsKey(request)) {
      setRateLimit(reply, this.countAddress(addressOf(request)))
      return null
    }
    const auth = await this.#findAuth(request, reply, nowMs)
    if ('refusal' in auth) return this.#refuseAnonymous(request, reply, { refusal: auth, nowMs })
    request.auth = auth
    if (auth.clockOffsetSeconds > 0) {
      request.now = toTimestamp(nowMs + auth.clockOffsetSeconds * 1000)
    }
    const { operation } = request.routeOptions.config ?? {}
    return this.charge(reply, auth, nowMs) ?? (operation ? checkScopes(operation, auth) : null)
  }

  async #findAuth(
    request: FastifyRequest,
    reply: FastifyReply,
    nowMs: number,
  ): Promise<Auth | Refusal> {
    // Two Authorization headers are refused, even if one of them is valid.
    const repeated = refuseRepeated(request, 'authorization')
    if (repeated) return repeated
    try {
      const found = this.#authenticate(request, nowMs, this.throttledLookupOf(request, nowMs))
      return found instanceof Promise ? await found : found
    } catch (error) {
      // The 503 of a failed look-up has the headers of every answer too.
      setRateLimit(reply, this.countAddress(addressOf(request)))
      throw error
    }
  }

  /** Counts a request without a valid key against its address. */
  #refuseAnonymous(
    request: FastifyRequest,
    reply: FastifyReply,
    { refusal, nowMs }: { refusal: Refusal; nowMs: number },
  ): Refusal {
    const rate = this.countAddress(addressOf(request))
    setRateLimit(reply, rate)
    return rate.exceeded ? refuseTooMany(rate, nowMs) : refusal
  }

  /** Counts a request against its key's budgets. Returns the refusal, if any. */
  charge(reply: FastifyReply, auth: Auth, nowMs: number): Refusal | null {
    const rate = this.#keys.countAll(auth.budgets, nowMs)
    setRateLimit(reply, rate)
    if (rate.exceeded) return refuseTooMany(rate, nowMs)
    return auth.livemode ? this.#refuseLive() : null
  }

  /** The throttle under which a route looks up a key or a session itself. */
  throttledLookupOf(request: FastifyRequest, nowMs: number): ThrottledLookup {
    return this.#lookups.of(request, nowMs)
  }

  /** Counts a request of an address without a valid key. */
  countAddress(address: string): RateLimit {
    return this.#addresses.count(budgetOf(address))
  }

  /** The rate limit of an address. Early refusals report it, and must not use it up. */
  peekAddress(address: string): RateLimit {
    return this.#addresses.peek(budgetOf(address))
  }
}

function budgetOf(address: string) {
  const caller = countedAddress(address)
  return { caller, limit: anonymousRequestsPerMinute, nowMs: Date.now() }
}

function startExchange(app: FastifyInstance, keys: RateLimiter): void {
  const exchange = startLoop({
    turn: async () => {
      await keys.exchange()
      return false
    },
    idleMs: exchangeIntervalMs,
    onError: (error) =>
      app.log.warn({ err: describe(error) }, 'rate limit exchange failed: counting alone'),
  })
  app.addHook('onClose', () => exchange.stop())
}

/**
 * Every path below /v1 needs a key, also an unknown path. A CORS preflight request does not, because
 * browsers send no key with it.
 */
function needsKey(request: FastifyRequest): boolean {
  if (isPreflight(request)) return false
  const operation = request.routeOptions.config?.operation
  return operation ? operation.scope !== 'none' : /^\/v1(\/|\?|$)/.test(request.url)
}

function isPreflight(request: FastifyRequest): boolean {
  const isRoute = request.routeOptions.url !== undefined
  const requestedMethod = readHeader(request, 'access-control-request-method')
  return request.method === 'OPTIONS' && isRoute && requestedMethod !== undefined
}

/** Source: RFC 9112, 3.2: a request of HTTP/1.1 must have a Host header. */
function refuseHostless(request: FastifyRequest): Refusal | null {
  return request.raw.httpVersion === '1.1' && readHeader(request, 'host') === undefined
    ? refuseField('Host', undefined, 'the name of the host: HTTP/1.1 requires it')
    : null
}
