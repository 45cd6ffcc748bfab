import type { FastifyRequest } from 'fastify'
import { readHeader } from '../../http/request/headers.ts'

/**
 * Whether a request with the session's cookie comes from the dashboard. SameSite=Strict keeps the
 * cookie out of other sites' requests, but a site is a host without its port: a page on another port
 * of this host counts as the same site. Sec-Fetch-Site distinguishes the two, in older browsers
 * Origin. A GET may also come from the address bar.
 */
export function isOwnRequest(request: FastifyRequest): boolean {
  const isReading = request.method === 'GET' || request.method === 'HEAD'
  const site = readHeader(request, 'sec-fetch-site')
  if (site !== undefined) return site === 'same-origin' || (isReading && site === 'none')
  const origin = readHeader(request, 'origin')
  if (origin === undefined) return isReading
  return URL.canParse(origin) && new URL(origin).host === readHeader(request, 'host')
}
