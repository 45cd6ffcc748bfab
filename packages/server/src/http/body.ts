import type { FastifyInstance, FastifyRequest } from 'fastify'
import { RefusalError, refuse, refuseField } from './refusal.ts'

/** Largest body in bytes where an operation does not say otherwise: far above any honest one. */
export const bodyBytesMax = 1024 * 1024

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads bodies as JSON. An empty body is no body, whatever content type is sent with it; any other
 * type than application/json is refused, and so is one that is encoded. Source: api.md, Conventions.
 */
export function parseBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, bytes: Buffer) => {
      if (bytes.length === 0) return undefined
      refuseEncoded(request)
      return parse(bytes)
    },
  )
  app.addContentTypeParser<Buffer>(
    '*',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, bytes: Buffer) => {
      if (bytes.length === 0) return undefined
      const received = request.headers['content-type'] ?? 'none'
      throw new RefusalError(
        refuse(
          'unsupported_media_type',
          `Unsupported content type ${received.slice(0, 100)}: expected application/json.`,
        ),
      )
    },
  )
}

/** A body that says it is encoded would be read as what it is not. */
function refuseEncoded({ headers }: FastifyRequest): void {
  const encoding = headers['content-encoding']?.trim().toLowerCase()
  if (encoding === undefined || encoding === '' || encoding === 'identity') return
  const refusal = refuse(
    'unsupported_media_type',
    `Unsupported Content-Encoding ${encoding.slice(0, 100)}: send the body as it is.`,
  )
  // Source: RFC 9110, section 12.5.3.
  throw new RefusalError({ ...refusal, headers: { 'accept-encoding': 'identity' } })
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch (error) {
    // The parser's message quotes the body, which may hold a card number: only say what kind.
    const what = error instanceof SyntaxError ? 'malformed JSON' : 'bytes that are not UTF-8'
    const refusal = refuseField('body', what, 'a JSON object in UTF-8')
    throw new RefusalError({
      ...refusal,
      details: { ...(refusal.details as object), received: what },
    })
  }
}
