import type { ErrorCode } from '../errors.ts'
import type { Json, JsonObject } from './json.ts'

/** The headers of answers, by name. */
export const answerHeaders = {
  'X-Request-Id': {
    description: 'The id of the request, for support.',
    schema: { type: 'string' },
  },
  'X-RateLimit-Limit': { description: 'Requests per minute.', schema: { type: 'integer' } },
  'X-RateLimit-Remaining': {
    description: 'Remaining requests in this minute.',
    schema: { type: 'integer' },
  },
  'X-RateLimit-Reset': {
    description: 'The start of the next minute, in Unix seconds.',
    schema: { type: 'integer' },
  },
  ETag: {
    description: 'The version of the payment, for `If-Match`.',
    schema: { type: 'string' },
  },
  'Idempotent-Replayed': {
    description: '`true`: the answer of the first request with this idempotency key. Else absent.',
    schema: { type: 'string', const: 'true' },
  },
  'Retry-After': {
    description: 'Seconds to wait before a retry.',
    schema: { type: 'integer' },
  },
  'WWW-Authenticate': { description: 'Always `Bearer`.', schema: { type: 'string' } },
} as const satisfies Readonly<Record<string, JsonObject>>

export type AnswerHeader = keyof typeof answerHeaders

const headersOfAll: readonly AnswerHeader[] = [
  'X-Request-Id',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
]

const headersOfErrors: Readonly<Partial<Record<ErrorCode, AnswerHeader>>> = {
  unauthorized: 'WWW-Authenticate',
  idempotency_key_in_use: 'Retry-After',
  rate_limit_exceeded: 'Retry-After',
  processor_unavailable: 'Retry-After',
  service_unavailable: 'Retry-After',
  merchant_moving: 'Retry-After',
  merchant_moved: 'Retry-After',
}

/** References to the headers that every answer has, and to `more`. */
export function refsToHeaders(more: readonly AnswerHeader[]): Json {
  return Object.fromEntries(
    [...new Set([...headersOfAll, ...more])].map((name) => [
      name,
      { $ref: `#/components/headers/${name}` },
    ]),
  )
}

/** The headers of an answer with one of these errors. */
export function refsToErrorHeaders(codes: readonly ErrorCode[]): Json {
  return refsToHeaders(codes.flatMap((code) => headersOfErrors[code] ?? []))
}
