import { isId, type Operation } from '@hedgepayments/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Static, type TSchema, Type } from 'typebox'
import type { Timestamp } from '../domain/time.ts'
import { rememberCause } from '../tracing/causes.ts'
import { isTracing } from '../tracing/spans.ts'
import type { Reply } from './answers/answer.ts'
import { type Refusal, refuseField } from './answers/refusal.ts'
import { send } from './answers/send.ts'
import { bodyBytesMax } from './bodies/body.ts'
import type { Auth, Origin } from './request/auth.ts'
import { originOf } from './request/client-address.ts'
import { readHeader, readListHeader } from './request/headers.ts'
import { hashRequest, type IdempotencyKey, parseIdempotencyKey } from './request/idempotency-key.ts'
import { compileCheck } from './request/validation.ts'
import { checkScopesOfBody } from './scopes.ts'

/** A request as its handler gets it: validated and typed by its operation. */
export interface ApiRequest<O extends Operation> {
  readonly auth: Auth
  readonly params: Record<ParameterOf<O['path']>, string>
  readonly query: O['query'] extends TSchema ? Static<O['query']> : undefined
  readonly body: O['body'] extends TSchema ? Static<O['body']> : undefined
  readonly idempotency: IdempotencyKey | null
  /** The raw If-Match header, for operations that evaluate it. */
  readonly ifMatch: string | null
  /** The time of the request: the real time, or that of the merchant's test clock. */
  readonly now: Timestamp
  readonly operationId: O['id']
  readonly origin: Origin
}

type ParameterOf<P extends string> = P extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParameterOf<`/${Rest}`>
  : P extends `${string}:${infer Name}`
    ? Name
    : never

export type Handler<O extends Operation> = (request: ApiRequest<O>) => Promise<Reply>

declare module 'fastify' {
  interface FastifyContextConfig {
    operation?: Operation
  }
  interface FastifyRequest {
    auth: Auth | null
    now: Timestamp
  }
}

const noBody = Type.Object({}, { additionalProperties: false })

/**
 * Adds the route of an operation. Validates query and body by the operation's schemas, reads the
 * idempotency key, and passes the typed request to `handler`.
 */
export function implement<O extends Operation>(
  app: FastifyInstance,
  operation: O,
  handler: Handler<O>,
): void {
  const takesBody = hasBody(operation)
  const checkInput = compileInputCheck(operation)
  const readKind = isSlowRead(operation) ? operation.id : null
  app.route({
    method: operation.method,
    url: operation.path,
    config: { operation },
    bodyLimit: operation.bodyBytesMax ?? bodyBytesMax,
    handler: async (request, reply) => {
      const refusal = checkInput(request)
      if (refusal) return send(reply, refusal)
      const idempotency = takesBody ? readIdempotencyKey(request, operation) : null
      if (idempotency && 'refusal' in idempotency) return send(reply, idempotency)
      const apiRequest = toApiRequest(request, operation, idempotency)
      const permit = await acquirePermits(app, request, readKind)
      if (permit && 'refusal' in permit) return send(reply, permit)
      try {
        const result = await handler(apiRequest)
        if (takesBody && isTracing()) rememberCauseOf(apiRequest.params, result)
        return send(reply, result)
      } finally {
        permit?.release()
      }
    },
  })
}

/** Reads whose time depends on how much a merchant has: lists, and sums of the ledger. */
function isSlowRead({ method, query, id }: Operation): boolean {
  const isList = Object.hasOwn(query?.properties ?? {}, 'limit')
  return method === 'GET' && (isList || id === 'retrieveBalance')
}

/** Waits for the permits of a read: for the memory of a large list, and for a connection. */
async function acquirePermits(
  app: FastifyInstance,
  request: FastifyRequest,
  kind: string | null,
): Promise<{ release(): void } | Refusal | null> {
  const list = await app.largeLists.acquire(request)
  if (kind === null || !request.auth || (list && 'refusal' in list)) return list
  const read = await app.readShares.acquire(request, { auth: request.auth, kind })
  if ('refusal' in read) list?.release()
  if (list === null || 'refusal' in read) return read
  return {
    release() {
      list.release()
      read.release()
    },
  }
}

function hasBody({ method }: Operation): boolean {
  return method === 'POST' || method === 'PATCH'
}

/** The check of query, body and the scopes that the body needs. It fills in defaults. */
function compileInputCheck(operation: Operation): (request: FastifyRequest) => Refusal | null {
  const checkQuery = operation.query ? compileCheck(operation.query, 'query') : null
  const checkBody = hasBody(operation) ? compileCheck(operation.body ?? noBody, 'body') : null
  const isBodyOptional = operation.bodyOptional === true || operation.body === undefined
  return (request) => {
    const refusal = checkQuery?.(request.query) ?? null
    if (refusal || !checkBody) return refusal
    if (request.body === undefined) {
      if (!isBodyOptional) return refuseField('body', undefined, 'a JSON object')
      request.body = {}
    }
    const { auth, body } = request
    return checkBody(body) ?? (auth ? checkScopesOfBody(operation, auth, body) : null)
  }
}

/** The request with the types of its operation, after the checks. */
function toApiRequest<O extends Operation>(
  request: FastifyRequest,
  operation: O,
  idempotency: IdempotencyKey | null,
): ApiRequest<O> {
  return {
    auth: request.auth as Auth,
    params: request.params as ApiRequest<O>['params'],
    query: request.query as ApiRequest<O>['query'],
    body: request.body as ApiRequest<O>['body'],
    idempotency,
    ifMatch: operation.ifMatch ? (readListHeader(request, 'if-match') ?? null) : null,
    now: request.now,
    operationId: operation.id,
    origin: originOf(request),
  }
}

/** Background work for the payment that the request changed becomes part of the request's trace. */
function rememberCauseOf(params: object, result: Reply): void {
  if (result.refusal) return
  const ids = [params, result.body].map((named) => (named as { id?: unknown }).id)
  const id = ids.find((each) => typeof each === 'string' && isId('payment', each))
  if (typeof id === 'string') rememberCause(id)
}

function readIdempotencyKey(
  request: FastifyRequest,
  operation: Operation,
): IdempotencyKey | Refusal | null {
  const header = readHeader(request, 'idempotency-key')
  if (header === undefined) return null
  const key = parseIdempotencyKey(header)
  if (typeof key !== 'string') return key
  const path = request.url.split('?', 1)[0] ?? ''
  const { method, body } = request
  if (!operation.secretAnswer) return { key, requestHash: hashRequest({ method, path, body }) }
  // The stored answer is sealed by the key of the first request, so the hash includes the key.
  const sealedBy = readHeader(request, 'authorization')?.trimEnd().split(/ +/)[1]
  if (sealedBy === undefined) {
    return refuseField(
      'Idempotency-Key',
      header,
      'no such header in a request without an API key: the answer has a secret',
    )
  }
  const pathAndKey = `${path}\n${request.auth?.keyId}`
  return { key, requestHash: hashRequest({ method, path: pathAndKey, body }), sealedBy }
}
