import type { FastifyRequest } from 'fastify'
import { addressOf, countedAddress } from '../http/client-address.ts'
import { readHeader } from '../http/headers.ts'
import { RateLimiter } from '../http/rate-limit.ts'
import { type Refusal, refuse } from '../http/refusal.ts'

/** Tries to pay through one link: more than a person can type, too few to try out cards. */
const writesPerMinuteOfLink = 30
/** Many customers may share an address (an office, a proxy that is not trusted): stops a flood. */
const requestsPerMinuteOfAddress = 3_000

/** Says no to what another site's page sends, and to too much. */
export class PageGuard {
  readonly #limiter = new RateLimiter()

  /** The refusal of a request to the page's API, where there is one. */
  refusalOf(request: FastifyRequest, id: string): Refusal | null {
    const nowMs = Date.now()
    const isWrite = request.method === 'POST'
    if (isWrite && !isFromOwnPage(request)) {
      return refuse('unauthorized', 'The payment page takes requests from itself only.')
    }
    const counts = [
      {
        caller: `address ${countedAddress(addressOf(request))}`,
        limit: requestsPerMinuteOfAddress,
      },
      ...(isWrite ? [{ caller: `link ${id}`, limit: writesPerMinuteOfLink }] : []),
    ]
    for (const count of counts) {
      const rate = this.#limiter.count({ ...count, nowMs })
      if (!rate.exceeded) continue
      const seconds = Math.max(1, Math.ceil(rate.reset - nowMs / 1000))
      const refusal = refuse('rate_limit_exceeded', 'Too many tries. Please wait a minute.', {
        retry_after: seconds,
      })
      return { ...refusal, headers: { 'retry-after': String(seconds) } }
    }
    return null
  }
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
