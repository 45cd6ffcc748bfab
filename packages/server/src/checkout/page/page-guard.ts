import type { FastifyRequest } from 'fastify'
import { forgetOldest } from '../../domain/maps.ts'
import { isRefusal, type Refusal, refuse } from '../../http/answers/refusal.ts'
import { LookupThrottle } from '../../http/limits/lookup-throttle.ts'
import { type RateLimit, RateLimiter } from '../../http/limits/rate-limit.ts'
import { addressOf, countedAddress } from '../../http/request/client-address.ts'
import { readHeader } from '../../http/request/headers.ts'

/** Writes by one link: more than a person can type, too few to test stolen cards. */
const writesPerMinuteOfLink = 30
/** All requests by one link: enough for a customer with many tabs. */
const requestsPerMinuteOfLink = 600
/**
 * Unknown links by one address. Customers may share an address (an office, a proxy): a customer with
 * an existing link is never refused for the unknown links of others.
 */
const unknownLinksPerMinute = 3_000
/** Existing links that a process remembers, some dozens of bytes each. */
const knownMax = 10_000

/** Refuses requests of other sites' pages, and too many requests. */
export class PageGuard {
  readonly #limiter = new RateLimiter()
  readonly #strangers = new LookupThrottle(unknownLinksPerMinute)
  readonly #known = new Set<string>()

  /**
   * Finds the session or payment of a link. After too many unknown links of an address, its look-ups of
   * links that this process does not remember wait for each other.
   */
  async find<T>(
    request: FastifyRequest,
    id: string,
    lookUp: () => Promise<T | null>,
  ): Promise<T | Refusal> {
    const nowMs = Date.now()
    const look = async () => (await lookUp()) ?? pageNotFound()
    const found = this.#known.has(id)
      ? await look()
      : await this.#strangers.of(request, nowMs)<T>(look)
    this.#known.delete(id)
    if (isRefusal(found)) return this.#refuseUnknown(request, nowMs) ?? found
    this.#known.add(id)
    forgetOldest(this.#known, knownMax)
    return found
  }

  #refuseUnknown(request: FastifyRequest, nowMs: number): Refusal | null {
    const caller = `address ${countedAddress(addressOf(request))}`
    const rate = this.#limiter.count({ caller, limit: unknownLinksPerMinute, nowMs })
    return rate.exceeded ? tooManyRequests(rate, nowMs) : null
  }

  /** The refusal of a request to the page's API; `null`: the request is allowed. */
  refusalOf(request: FastifyRequest, id: string): Refusal | null {
    const nowMs = Date.now()
    const isWrite = request.method === 'POST'
    if (isWrite && !isFromOwnPage(request)) {
      return refuse('unauthorized', 'The payment page accepts requests from itself only.')
    }
    const budgets = [
      ...(isWrite ? [{ name: `tries of ${id}`, perMinute: writesPerMinuteOfLink }] : []),
      { name: `link ${id}`, perMinute: requestsPerMinuteOfLink },
    ]
    const rate = this.#limiter.countAll(budgets, nowMs)
    return rate.exceeded ? tooManyRequests(rate, nowMs) : null
  }
}

function tooManyRequests({ reset }: RateLimit, nowMs: number): Refusal {
  const seconds = Math.max(1, Math.ceil(reset - nowMs / 1000))
  const refusal = refuse('rate_limit_exceeded', 'Too many requests. Please wait a minute.', {
    retry_after: seconds,
  })
  return { ...refusal, headers: { 'retry-after': String(seconds) } }
}

/** The answer for a link without a session or payment. */
export function pageNotFound(): Refusal {
  return refuse('not_found', 'Payment page not found.')
}

/**
 * Whether a request comes from the payment page. The page has no cookie that another site could abuse,
 * because the link itself permits paying. Still, another site's page must not make a browser pay.
 */
function isFromOwnPage(request: FastifyRequest): boolean {
  const site = readHeader(request, 'sec-fetch-site')
  if (site !== undefined) return site === 'same-origin'
  const origin = readHeader(request, 'origin')
  if (origin === undefined) return true
  return URL.canParse(origin) && new URL(origin).host === readHeader(request, 'host')
}
