import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { RefusalError, refuse, refuseField } from '../answers/refusal.ts'
import { readHeader, readListHeader } from '../request/headers.ts'
import { readBody } from './read-body.ts'
import { repeatedField } from './repeated-field.ts'

/** Default limit of an operation's body in bytes: far above normal bodies. */
export const bodyBytesMax = 1024 * 1024
/** Limit of all other paths: their bodies contain a key or the fields of a card. */
export const smallBodyBytesMax = 4 * 1024

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Parses bodies as JSON. An empty body counts as no body, with any content type. Refuses content types
 * other than application/json, encoded bodies, and objects with a repeated field.
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
    const received = readHeader(request, 'content-type') ?? 'none'
    throw new RefusalError(
      refuse(
        'unsupported_media_type',
        `Unsupported content type ${received.slice(0, 100)}: expected application/json.`,
      ),
    )
  })
}

function refuseEncoded(request: FastifyRequest): void {
  const encoding = readListHeader(request, 'content-encoding')?.trim().toLowerCase()
  if (encoding === undefined || encoding === '' || encoding === 'identity') return
  const refusal = refuse(
    'unsupported_media_type',
    `Unsupported Content-Encoding ${encoding.slice(0, 100)}: send the body as it is.`,
  )
  // Source: RFC 9110, section 12.5.3.
  throw new RefusalError({ ...refusal, headers: { 'accept-encoding': 'identity' } })
}

function parse(bytes: Buffer): unknown {
  const text = decode(bytes)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The message of JSON.parse quotes the body, which may contain a card number.
    throw unreadable('malformed JSON')
  }
  const name = repeatedField(text)
  if (name === null) return value
  throw new RefusalError(refuseField(name, 'more than one value', 'the field once'))
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw unreadable('bytes that are not UTF-8')
  }
}

function unreadable(what: string): RefusalError {
  const refusal = refuseField('body', what, 'a JSON object in UTF-8')
  return new RefusalError({
    ...refusal,
    details: { ...(refusal.details as object), received: what },
  })
}
