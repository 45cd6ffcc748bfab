import type { Socket } from 'node:net'
import { newId } from '../domain/ids.ts'
import { errorBody, refuseField } from './answers/refusal.ts'
import { securityHeaders } from './answers/security-headers.ts'
import type { RateLimit } from './limits/rate-limit.ts'

/**
 * Answers a request that Node cannot parse with a 400 in the API's form, and closes the connection:
 * not HTTP, too large headers, an incomplete request.
 *
 * @param rateOf the rate limit of an address, for the headers.
 */
export function answerBadHttp(
  error: Error & { code?: string },
  socket: Socket,
  rateOf: (address: string) => RateLimit,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [field, received, expected] = reasonOf(error.code)
  const body = JSON.stringify(errorBody(refuseField(field, received, expected)))
  const { limit, remaining, reset } = rateOf(socket.remoteAddress ?? '')
  socket.end(
    [
      'HTTP/1.1 400 Bad Request',
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      `x-request-id: ${newId('request')}`,
      ...Object.entries(securityHeaders).map(([name, value]) => `${name}: ${value}`),
      `x-ratelimit-limit: ${limit}`,
      `x-ratelimit-remaining: ${remaining}`,
      `x-ratelimit-reset: ${reset}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  )
}

function reasonOf(code: string | undefined): [field: string, received: string, expected: string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return ['headers', 'more than 16 KiB', 'at most 16 KiB']
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return ['request', 'a part of a request', 'the whole request within 30 seconds']
    // Two lengths, or a length and chunks: two parsers could see different bodies.
    case 'HPE_UNEXPECTED_CONTENT_LENGTH':
      return ['Content-Length', 'more than one length', 'one length, and none with chunks']
    case 'HPE_INVALID_CONTENT_LENGTH':
      return ['Content-Length', 'something else', 'the number of bytes of the body']
    default:
      return ['request', 'something else', 'HTTP/1.1']
  }
}
