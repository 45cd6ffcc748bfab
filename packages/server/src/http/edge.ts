import { allOperations } from '@hedgepayments/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { describe } from '../database/errors.ts'
import { toTimestamp } from '../domain/time.ts'
import { startLoop } from '../jobs/loop.ts'
import { type Refusal, refuse, refuseField } from './answers/refusal.ts'
import { securityHeaders, strictTransport } from './answers/security-headers.ts'
import { send } from './answers/send.ts'
import { type RateLimit, RateLimiter, type ShareCounts } from './limits/rate-limit.ts'
import { type LookUpStranger, Strangers } from './limits/strangers.ts'
import type { Auth } from './request/auth.ts'
import { addressOf, countedAddress } from './request/client-address.ts'
import { readHeader, refuseRepeated } from './request/headers.ts'
import { checkScopes } from './scopes.ts'

export interface Edge {
  readonly authenticate: (
    request: FastifyRequest,
    nowMs: number,
    lookUpStranger: LookUpStranger,
  ) => Auth | Refusal | Promise<Auth | Refusal>
  /** Whether callers come by https, by way of a proxy. Default: they do not. */
  readonly isSecure?: () => boolean
  /** The refusal of live mode where it is not served. Default: it is. */
  readonly refuseLive?: () => Refusal | null
  /** Adds up the requests of each key over all processes. Default: each counts for itself. */
  readonly shareCounts?: ShareCounts
}

export interface Guard {
  /** Looks at a request and sets the headers of every answer; the refusal, where there is one. */
  readonly admit: (request: FastifyRequest, reply: FastifyReply) => Promise<Refusal | null>
  /** How a route looks up a key or a session itself. */
  readonly strangerOf: (request: FastifyRequest, nowMs: number) => LookUpStranger
  /** Counts a request of a key that the route has looked up itself; the refusal, if any. */
  readonly charge: (reply: FastifyReply, auth: Auth, nowMs: number) => Refusal | null
  /** Has every request of the server admitted before anything else. */
  readonly attach: (app: FastifyInstance) => void
  /** Counts what came from an address and was not even HTTP. */
  readonly countAddress: (address: string) => RateLimit
  /** Where an address is. Refusing a request unseen must not use up what it may ask for. */
  readonly lookAtAddress: (address: string) => RateLimit
}

/** Requests a minute of an address that shows no valid key: enough for pages and health checks. */
const anonymousRequestsPerMinute = 6_000
/** Look-ups a minute of keys and sessions that nobody has, for an address, before they wait for each other. */
const unknownKeysPerMinute = 600
/** How often processes tell each other what their keys have used, in milliseconds. */
const exchangeEveryMs = 200

/**
 * What every request meets first: its id, who asks, how often, and whether the key may. A bad key
 * comes before anything else that is wrong. Source: api.md, "Cancel, exactly".
 */
export function guardEdge({
  authenticate,
  shareCounts,
  isSecure = () => false,
  refuseLive = () => null,
}: Edge): Guard {
  const addresses = new RateLimiter()
  const strangers = new Strangers(unknownKeysPerMinute)
  const keys = new RateLimiter(shareCounts)
  const ofAddress = (address: string) => ({
    caller: countedAddress(address),
    limit: anonymousRequestsPerMinute,
    nowMs: Date.now(),
  })
  return {
    admit,
    charge,
    strangerOf: (request, nowMs) => strangers.of(request, nowMs),
    attach,
    countAddress: (address) => addresses.count(ofAddress(address)),
    lookAtAddress: (address) => addresses.look(ofAddress(address)),
  }

  function attach(app: FastifyInstance): void {
    app.decorateRequest('auth', null)
    app.decorateRequest('now', '')
    app.addHook('onRequest', async (request, reply) => {
      const refusal = await admit(request, reply)
      if (refusal) return send(reply, refusal)
      // Before its body is read: nobody would look at that.
      if (request.is404) return send(reply, refuseRoute(request))
      return undefined
    })
    startExchange(app, keys)
  }

  /** Headers that stand twice come after the key: a bad key is 401 whatever else is wrong. */
  async function admit(request: FastifyRequest, reply: FastifyReply): Promise<Refusal | null> {
    return (await admitCaller(request, reply)) ?? refuseRepeated(request) ?? refuseHostless(request)
  }

  async function admitCaller(
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Refusal | null> {
    const nowMs = Date.now()
    request.now = toTimestamp(nowMs)
    reply.headers(securityHeaders).header('x-request-id', request.id)
    if (isSecure()) reply.headers(strictTransport)
    if (!needsKey(request)) {
      setRateLimit(reply, countAnonymous(request, nowMs))
      return null
    }
    // Two lines name no key, not even a bad one: the first is not preferred to the second.
    const repeated = refuseRepeated(request, 'authorization')
    if (repeated) return refuseAnonymous(repeated)
    const auth = await findAuth(request, reply, nowMs)
    if ('refusal' in auth) return refuseAnonymous(auth)
    request.auth = auth
    if (auth.clockOffsetSeconds > 0) {
      request.now = toTimestamp(nowMs + auth.clockOffsetSeconds * 1000)
    }
    const { operation } = request.routeOptions.config ?? {}
    return charge(reply, auth, nowMs) ?? (operation ? checkScopes(operation, auth) : null)

    function refuseAnonymous(refusal: Refusal): Refusal {
      const rate = countAnonymous(request, nowMs)
      setRateLimit(reply, rate)
      return rate.exceeded ? tooMany(rate, nowMs) : refusal
    }
  }

  function charge(reply: FastifyReply, auth: Auth, nowMs: number): Refusal | null {
    const rate = keys.countAll(auth.budgets, nowMs)
    setRateLimit(reply, rate)
    if (rate.exceeded) return tooMany(rate, nowMs)
    return auth.livemode ? refuseLive() : null
  }

  /** A look-up that fails ends in a 503, which has the headers of every answer as well. */
  async function findAuth(
    request: FastifyRequest,
    reply: FastifyReply,
    nowMs: number,
  ): Promise<Auth | Refusal> {
    try {
      const found = authenticate(request, nowMs, strangers.of(request, nowMs))
      return found instanceof Promise ? await found : found
    } catch (error) {
      setRateLimit(reply, countAnonymous(request, nowMs))
      throw error
    }
  }

  function countAnonymous(request: FastifyRequest, nowMs: number): RateLimit {
    return addresses.count({
      caller: countedAddress(addressOf(request)),
      limit: anonymousRequestsPerMinute,
      nowMs,
    })
  }
}

function startExchange(app: FastifyInstance, keys: RateLimiter): void {
  const exchange = startLoop({
    turn: async () => {
      await keys.exchange()
      return false
    },
    idleMs: exchangeEveryMs,
    onError: (error) => app.log.warn({ err: describe(error) }, 'each process limits for itself'),
  })
  app.addHook('onClose', () => exchange.stop())
}

/**
 * Every path below /v1 needs a key, also one that does not exist. A browser that asks whether it
 * may ask at all cannot send one.
 */
function needsKey(request: FastifyRequest): boolean {
  if (isPreflight(request)) return false
  const operation = request.routeOptions.config?.operation
  return operation ? operation.scope !== 'none' : /^\/v1(\/|\?|$)/.test(request.url)
}

function isPreflight(request: FastifyRequest): boolean {
  const isRoute = request.routeOptions.url !== undefined
  const asked = readHeader(request, 'access-control-request-method')
  return request.method === 'OPTIONS' && isRoute && asked !== undefined
}

function setRateLimit(reply: FastifyReply, rate: RateLimit): void {
  reply.header('x-ratelimit-limit', rate.limit)
  reply.header('x-ratelimit-remaining', rate.remaining)
  reply.header('x-ratelimit-reset', rate.reset)
}

/** The refusal of whoever has asked too often, with the wait. */
export function tooMany(rate: RateLimit, nowMs: number): Refusal {
  const seconds = Math.max(1, Math.ceil(rate.reset - nowMs / 1000))
  const refusal = refuse('rate_limit_exceeded', `Too many requests: ${rate.limit} a minute.`, {
    retry_after: seconds,
  })
  return { ...refusal, headers: { 'retry-after': String(seconds) } }
}

/** Source: RFC 9112, 3.2: a request of HTTP/1.1 names its host. */
function refuseHostless(request: FastifyRequest): Refusal | null {
  return request.raw.httpVersion === '1.1' && readHeader(request, 'host') === undefined
    ? refuseField('Host', undefined, 'the host that is meant: HTTP/1.1 asks for it')
    : null
}

/** Paths with their methods; fixed ones first, as the router prefers them. */
const paths = [...Map.groupBy(allOperations, (operation) => operation.path)]
  .map(([path, group]) => ({
    shape: new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`),
    parameters: path.split(':').length,
    methods: [...new Set(group.map((operation) => operation.method))].sort().join(', '),
  }))
  .sort((a, b) => a.parameters - b.parameters)

/** 405 with what would be allowed where the path exists, else 404. */
export function refuseRoute(request: FastifyRequest): Refusal {
  const path = request.url.split('?', 1)[0] ?? ''
  const known = paths.find(({ shape }) => shape.test(path))
  if (!known) return refuse('not_found', 'There is no such path.')
  const refusal = refuse(
    'method_not_allowed',
    `${request.method} is not allowed here: ${known.methods} is.`,
  )
  return { ...refusal, headers: { allow: known.methods } }
}
