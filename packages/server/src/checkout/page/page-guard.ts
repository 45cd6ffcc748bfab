import type { FastifyRequest } from 'fastify'
import { isRefusal, type Refusal, refuse } from '../../http/answers/refusal.ts'
import { LookupThrottle } from '../../http/limits/lookup-throttle.ts'
import { type RateLimit, RateLimiter } from '../../http/limits/rate-limit.ts'
import { addressOf, countedAddress } from '../../http/request/client-address.ts'
import { readHeader } from '../../http/request/headers.ts'

/** Tries to pay through one link: more than a person can type, too few to try out cards. */
const writesPerMinuteOfLink = 30
/** All requests through one link: a customer with many tabs. */
const requestsPerMinuteOfLink = 600
/**
 * Links that lead nowhere, by address. Customers may share an address (an office, a proxy): those
 * with a link that exists are never refused for it.
 */
const unknownLinksPerMinute = 3_000
/** Links remembered as existing, some dozens of bytes each. */
const knownMax = 10_000

/** Says no to what another site's page sends, and to too much. */
export class PageGuard {
  readonly #limiter = new RateLimiter()
  readonly #strangers = new LookupThrottle(unknownLinksPerMinute)
  readonly #known = new Set<string>()

  /** Finds what a link stands for. Links that are not known yet wait where too many lead nowhere. */
  async find<T>(
    request: FastifyRequest,
    id: string,
    lookUp: () => Promise<T | null>,
  ): Promise<T | Refusal> {
    const nowMs = Date.now()
    const look = async () => (await lookUp()) ?? notFound()
    const found = this.#known.has(id)
      ? await look()
      : await this.#strangers.of(request, nowMs)<T>(look)
    this.#known.delete(id)
    if (isRefusal(found)) return this.#refuseUnknown(request, nowMs) ?? found
    this.#known.add(id)
    const [oldest = id] = this.#known
    if (this.#known.size > knownMax) this.#known.delete(oldest)
    return found
  }

  #refuseUnknown(request: FastifyRequest, nowMs: number): Refusal | null {
    const caller = `address ${countedAddress(addressOf(request))}`
    const rate = this.#limiter.count({ caller, limit: unknownLinksPerMinute, nowMs })
    return rate.exceeded ? tooManyTries(rate, nowMs) : null
  }

  /** The refusal of a request to the page's API, where there is one. */
  refusalOf(request: FastifyRequest, id: string): Refusal | null {
    const nowMs = Date.now()
    const isWrite = request.method === 'POST'
    if (isWrite && !isFromOwnPage(request)) {
      return refuse('unauthorized', 'The payment page takes requests from itself only.')
    }
    const budgets = [
      ...(isWrite ? [{ name: `tries of ${id}`, perMinute: writesPerMinuteOfLink }] : []),
      { name: `link ${id}`, perMinute: requestsPerMinuteOfLink },
    ]
    const rate = this.#limiter.countAll(budgets, nowMs)
    return rate.exceeded ? tooManyTries(rate, nowMs) : null
  }
}

function tooManyTries({ reset }: RateLimit, nowMs: number): Refusal {
  const seconds = Math.max(1, Math.ceil(reset - nowMs / 1000))
  const refusal = refuse('rate_limit_exceeded', 'Too many tries. Please wait a minute.', {
    retry_after: seconds,
  })
  return { ...refusal, headers: { 'retry-after': String(seconds) } }
}

function notFound(): Refusal {
  return refuse('not_found', 'There is no such payment page.')
}

/**
 * The page has no cookie that another site could ride on: the link itself is the right to pay. All
 * the same nobody's page may make a visitor's browser pay.
 */
function isFromOwnPage(request: FastifyRequest): boolean {
  const site = readHeader(request, 'sec-fetch-site')
  if (site !== undefined) return site === 'same-origin'
  const origin = readHeader(request, 'origin')
  if (origin === undefined) return true
  return URL.canParse(origin) && new URL(origin).host === readHeader(request, 'host')
}
