import type { TObject, TSchema } from 'typebox'
import { type ErrorCode, errors } from './errors.ts'
import type { Scope } from './values.ts'

/** One operation of the API. The server, openapi.json and the tests derive from it. */
export interface Operation {
  /** The `operationId` in openapi.json. */
  readonly id: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** The path, with `:name` for parameters. */
  readonly path: string
  readonly tag: string
  readonly summary: string
  readonly description: string
  /** The required scope. `any`: any valid key. `none`: no key. */
  readonly scope: Scope | 'any' | 'none'
  /** Other required scopes, for data that the operation reveals indirectly. */
  readonly scopesAlso?: readonly Scope[]
  /** Scopes that some fields of the body require. */
  readonly scopesOfBody?: readonly BodyScope[]
  readonly query?: TObject
  readonly body?: TSchema
  /** Whether the body may be omitted. */
  readonly bodyOptional?: boolean
  /** The maximum size of the body in bytes. Default: 1 MiB. */
  readonly bodyBytesMax?: number
  /** Whether the operation supports `If-Match`. */
  readonly ifMatch?: boolean
  /** Whether the operation supports `Last-Event-ID`. */
  readonly lastEventId?: boolean
  /** Whether the answer contains a secret that is shown only once. */
  readonly secretAnswer?: boolean
  /** The schemas of successful answers, by HTTP status. */
  readonly responses: Readonly<Record<number, TSchema>>
  /** The error codes of this operation, in addition to `commonErrors`. */
  readonly errors: readonly ErrorCode[]
}

/** A scope that a field of the body requires: with any value, or only with the value `is`. */
export interface BodyScope {
  readonly field: string
  readonly is?: boolean
  readonly scope: Scope
}

/** The scopes that a request requires. Without `body`: those that every request requires. */
export function scopesOf(operation: Operation, body?: unknown): readonly Scope[] {
  const { scope, scopesAlso = [], scopesOfBody = [] } = operation
  const fields = new Map(typeof body === 'object' && body ? Object.entries(body) : [])
  const matching = scopesOfBody.filter(({ field, is }) =>
    is === undefined ? fields.has(field) : fields.get(field) === is,
  )
  const first = scope === 'any' || scope === 'none' ? [] : [scope]
  return [...new Set([...first, ...scopesAlso, ...matching.map((one) => one.scope)])]
}

/** Keeps the literal types of an operation, so that the server's handler is checked against them. */
export function defineOperation<const O extends Operation>(operation: O): O {
  return operation
}

/**
 * All errors that the operation can answer, in the order of the registry. `method_not_allowed` belongs
 * to no operation.
 */
export function errorsOf(operation: Operation): ErrorCode[] {
  const codes = new Set([...operation.errors, ...commonErrors(operation)])
  return (Object.keys(errors) as ErrorCode[]).filter((code) => codes.has(code))
}

/** The errors that every operation of this kind can answer. */
function commonErrors(operation: Operation): ErrorCode[] {
  // `invalid_request`: any request may be malformed HTTP or have too many headers.
  const codes: ErrorCode[] = [
    'invalid_request',
    'rate_limit_exceeded',
    'internal_error',
    'service_unavailable',
  ]
  // A client token lacks the permission even where any key has it.
  if (operation.scope !== 'none') {
    codes.push('unauthorized', 'insufficient_permissions', 'merchant_moving', 'merchant_moved')
  }
  if (operation.path.includes(':')) codes.push('not_found')
  // A DELETE needs no body, but the server reads one that is sent.
  if (operation.method !== 'GET') {
    codes.push('payload_too_large', 'unsupported_media_type')
  }
  if (takesIdempotencyKey(operation)) codes.push('idempotency_key_in_use', 'idempotency_key_reused')
  return codes
}

/**
 * Whether the operation accepts an Idempotency-Key, because repeating it could do harm. Keys belong
 * to a merchant, so a request without an API key has none.
 */
export function takesIdempotencyKey({ method, scope }: Operation): boolean {
  return scope !== 'none' && (method === 'POST' || method === 'PATCH')
}
