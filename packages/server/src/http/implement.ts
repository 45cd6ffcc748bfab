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

/** A request after the edge: everything in it is checked and typed by its operation. */
export interface ApiRequest<O extends Operation> {
  readonly auth: Auth
  readonly params: Record<ParameterOf<O['path']>, string>
  readonly query: O['query'] extends TSchema ? Static<O['query']> : undefined
  readonly body: O['body'] extends TSchema ? Static<O['body']> : undefined
  readonly idempotency: IdempotencyKey | null
  /** The If-Match header as it came, for the operations that look at it. */
  readonly ifMatch: string | null
  /** The moment at which the request counts as made. */
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

/** Puts an operation of the contract on the server: checks what comes, hands it to `handler`. */
export function implement<O extends Operation>(
  app: FastifyInstance,
  operation: O,
  handler: Handler<O>,
): void {
  const checkQuery = operation.query ? compileCheck(operation.query, 'query') : null
  const takesBody = operation.method === 'POST' || operation.method === 'PATCH'
  const checkBody = takesBody ? compileCheck(operation.body ?? noBody, 'body') : null
  const bodyOptional = operation.bodyOptional === true || operation.body === undefined

  app.route({
    method: operation.method,
    url: operation.path,
    config: { operation },
    bodyLimit: operation.bodyBytesMax ?? bodyBytesMax,
    handler: async (request, reply) => {
      const refusal = check(request)
      if (refusal) return send(reply, refusal)
      const forbidden = request.auth && checkScopesOfBody(operation, request.auth, request.body)
      if (forbidden) return send(reply, forbidden)
      const idempotency = takesBody ? readIdempotencyKey(request, operation) : null
      if (idempotency && 'refusal' in idempotency) return send(reply, idempotency)
      const ifMatch = operation.ifMatch ? (readListHeader(request, 'if-match') ?? null) : null
      const reached = {
        auth: request.auth as Auth,
        params: request.params as ApiRequest<O>['params'],
        query: request.query as ApiRequest<O>['query'],
        body: request.body as ApiRequest<O>['body'],
        idempotency,
        ifMatch,
        now: request.now,
        operationId: operation.id,
        origin: originOf(request),
      }
      const place = await app.largeLists.acquire(request)
      if (place && 'refusal' in place) return send(reply, place)
      try {
        const result = await handler(reached)
        if (takesBody && isTracing()) noteCause(reached.params, result)
        return send(reply, result)
      } finally {
        place?.release()
      }
    },
  })

  function check(request: FastifyRequest): Refusal | null {
    const refused = checkQuery?.(request.query) ?? null
    if (refused || !checkBody) return refused
    if (request.body === undefined) {
      if (!bodyOptional) return refuseField('body', undefined, 'a JSON object')
      request.body = {}
    }
    return checkBody(request.body)
  }
}

/** What is done later about the payment that was changed is a part of this request's trace. */
function noteCause(params: object, result: Reply): void {
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
  // Only the key that asked first can open the answer: of another key it is another request.
  const sealedBy = readHeader(request, 'authorization')?.trimEnd().split(/ +/)[1]
  if (sealedBy === undefined) {
    return refuseField('Idempotency-Key', header, 'none: here it needs a secret key')
  }
  const asker = `${path}\n${request.auth?.keyId}`
  return { key, requestHash: hashRequest({ method, path: asker, body }), sealedBy }
}
