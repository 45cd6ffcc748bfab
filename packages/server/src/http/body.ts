import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { readBody } from './read-body.ts'
import { RefusalError, refuse, refuseField } from './refusal.ts'

/** Largest body in bytes of an operation that does not say otherwise: far above any honest one. */
export const bodyBytesMax = 1024 * 1024
/** Of every other path: none of them takes more than a key or the fields of a card. */
export const smallBodyBytesMax = 4 * 1024

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads bodies as JSON. An empty body is no body, whatever content type is sent with it; any other
 * type than application/json is refused, and so is one that is encoded. Source: api.md, Conventions.
 */
export function parseBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    async (request: FastifyRequest, body: IncomingMessage) => {
      const bytes = await readBody(request, body)
      if (bytes.length === 0) return undefined
      refuseEncoded(request)
      return parse(bytes)
    },
  )
  app.addContentTypeParser('*', async (request: FastifyRequest, body: IncomingMessage) => {
    const bytes = await readBody(request, body)
    if (bytes.length === 0) return undefined
    const received = request.headers['content-type'] ?? 'none'
    throw new RefusalError(
      refuse(
        'unsupported_media_type',
        `Unsupported content type ${received.slice(0, 100)}: expected application/json.`,
      ),
    )
  })
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
