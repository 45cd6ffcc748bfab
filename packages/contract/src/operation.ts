import type { TObject, TSchema } from 'typebox'
import type { ErrorCode } from './errors.ts'
import type { Scope } from './resources/key.ts'

/** One operation of the API: what the server implements, the document shows and tests exercise. */
export interface Operation {
  /** Name of the operation, as in the document's `operationId`. */
  readonly id: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Path with `:name` for its parameters. */
  readonly path: string
  readonly tag: string
  readonly summary: string
  readonly description?: string
  /** Scope that the key must have; `any` takes every valid key, `none` needs no key at all. */
  readonly scope: Scope | 'any' | 'none'
  /** Further scopes that the key must have: those of what the operation reaches indirectly. */
  readonly scopesAlso?: readonly Scope[]
  /** Further scopes that the key must have where the body asks for more. */
  readonly scopesOfBody?: readonly BodyScope[]
  readonly query?: TObject
  readonly body?: TSchema
  /** Whether the body may be left out. */
  readonly bodyOptional?: boolean
  /** Largest body in bytes, where it is not the default of 1 MiB. */
  readonly bodyBytesMax?: number
  /** Whether `If-Match` is looked at. */
  readonly ifMatch?: boolean
  /** Whether the answer holds a secret that is shown only once. */
  readonly secretAnswer?: boolean
  /** Success answers by status. */
  readonly responses: Readonly<Record<number, TSchema>>
  /** Codes this operation can answer beyond those every operation can. */
  readonly errors: readonly ErrorCode[]
}

/** A scope that a field of the body needs: whatever its value, or only the value `is`. */
export interface BodyScope {
  readonly field: string
  readonly is?: boolean
  readonly scope: Scope
}

/** The scopes that a request needs. Without a body, those that every request of the operation needs. */
export function scopesOf(operation: Operation, body?: unknown): readonly Scope[] {
  const { scope, scopesAlso = [], scopesOfBody = [] } = operation
  const fields = new Map(typeof body === 'object' && body ? Object.entries(body) : [])
  const asked = scopesOfBody.filter(({ field, is }) =>
    is === undefined ? fields.has(field) : fields.get(field) === is,
  )
  const first = scope === 'any' || scope === 'none' ? [] : [scope]
  return [...new Set([...first, ...scopesAlso, ...asked.map((one) => one.scope)])]
}

/** Keeps the literal types of an operation, so that a server's handler is checked against it. */
export function defineOperation<const O extends Operation>(operation: O): O {
  return operation
}

/** Errors that any operation of a kind can answer, besides its own. */
export function commonErrors(operation: Operation): ErrorCode[] {
  // The first: not even HTTP, or more headers than are read, which a request to any path can be.
  const codes: ErrorCode[] = [
    'invalid_request',
    'rate_limit_exceeded',
    'internal_error',
    'service_unavailable',
  ]
  if (operation.scope !== 'none') codes.push('unauthorized')
  if (scopesOf(operation).length > 0) codes.push('insufficient_permissions')
  if (operation.path.includes(':')) codes.push('not_found')
  // A DELETE needs no body, but one that comes with it is read.
  if (operation.method !== 'GET') {
    codes.push('payload_too_large', 'unsupported_media_type')
  }
  if (takesIdempotencyKey(operation)) codes.push('idempotency_key_in_use', 'idempotency_key_reused')
  return codes
}

/** Whether the operation does something that must not be done twice by accident. */
export function takesIdempotencyKey({ method }: Operation): boolean {
  return method === 'POST' || method === 'PATCH'
}
