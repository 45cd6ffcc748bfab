import type { FastifyRequest } from 'fastify'
import { readHeader } from '../../http/request/headers.ts'

/**
 * Whether a request that carries the session's cookie was made by the dashboard itself.
 * SameSite=Strict keeps other sites' requests from carrying it; a site is a host without its port,
 * though, so a page on another port of this machine counts as the same. Browsers tell the two
 * apart in Sec-Fetch-Site, and older ones in Origin. Reading may also be typed into the address bar.
 */
export function isOwnRequest(request: FastifyRequest): boolean {
  const isReading = request.method === 'GET' || request.method === 'HEAD'
  const site = readHeader(request, 'sec-fetch-site')
  if (site !== undefined) return site === 'same-origin' || (isReading && site === 'none')
  const origin = readHeader(request, 'origin')
  if (origin === undefined) return isReading
  return URL.canParse(origin) && new URL(origin).host === readHeader(request, 'host')
}
