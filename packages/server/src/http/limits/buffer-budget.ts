import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { unavailable } from '../answers/failures.ts'
import { errorBody } from '../answers/refusal.ts'
import { addressOf, countedAddress } from '../request/client-address.ts'
import { limitsOf, type Permits, Semaphore, type SemaphoreLimit, type Shares } from './semaphore.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Bytes that this process may buffer for its callers. */
    bufferBudget: BufferBudget
  }
  interface FastifyRequest {
    /** The response to this request. Closing it releases the request's part of the buffer budget. */
    response: ServerResponse | null
  }
}

const kibibyte = 1024
const mebibyte = 1024 * kibibyte

/**
 * Bytes of request bodies in progress and of answers that clients have not read. Far above what normal
 * clients leave unread, and a quarter of the memory of a small container.
 */
const shares: Shares = {
  total: 128 * mebibyte,
  anonymous: 32 * mebibyte,
  address: 8 * mebibyte,
  test: 64 * mebibyte,
  account: 32 * mebibyte,
}
/** Bodies and answers up to these sizes do not count. The limit of connections bounds their number. */
export const bodyBytesFree = 4 * kibibyte
const answerBytesFree = 16 * kibibyte
/** How long a client may take to read an answer: enough for 8 MiB at one megabit per second. */
const answerTimeoutMs = 60_000

const exceeded = unavailable(
  'Too many bytes of your requests and unread answers are buffered. Try again.',
)
const exceededBody = JSON.stringify(errorBody(exceeded))

/** Limits the bytes that are buffered for all callers, for test mode, for a merchant, for an address. */
class BufferBudget {
  readonly #semaphore = new Semaphore()

  /** Reserves bytes until the caller releases them. Returns `null` when a limit is reached. */
  reserve(request: FastifyRequest, bytes: number): Permits | null {
    return this.#semaphore.tryAcquire(this.#limitsOf(request), bytes)
  }

  /** Reserves bytes until the response is closed. Returns `null` when a limit is reached. */
  reserveForResponse(request: FastifyRequest, bytes: number): Permits | null {
    const permits = this.reserve(request, bytes)
    if (permits) request.response?.once('close', permits.release)
    return permits
  }

  /** Reserves bytes even above a limit: the answer to a change that is done cannot be refused. */
  chargeResponse(request: FastifyRequest, bytes: number): void {
    const permits = this.#semaphore.acquire(this.#limitsOf(request), bytes)
    request.response?.once('close', permits.release)
  }

  #limitsOf(request: FastifyRequest): SemaphoreLimit[] {
    const address = countedAddress(addressOf(request))
    return limitsOf({ auth: request.auth, address }, shares)
  }
}

/** The refusal of a caller that has used its part of the budget. */
export function bufferBudgetExceeded() {
  return exceeded
}

/**
 * Counts each answer against the budget until the client has read it. Closes the connection of a client
 * that does not read its answer in time.
 */
export function boundAnswers(
  app: FastifyInstance,
  { timeoutMs = answerTimeoutMs }: { timeoutMs?: number | undefined } = {},
): void {
  const budget = new BufferBudget()
  app.decorate('bufferBudget', budget)
  app.decorateRequest('response', null)
  app.addHook('onRequest', (request, reply, done) => {
    request.response = reply.raw
    done()
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    const size = sizeOf(payload)
    if (size <= answerBytesFree) return done(null, payload)
    if (!isRead(request)) budget.chargeResponse(request, size)
    else if (size < Number.POSITIVE_INFINITY && !budget.reserveForResponse(request, size)) {
      refuseAnswer(reply)
      return done(null, exceededBody)
    }
    closeUnlessRead(reply.raw, timeoutMs)
    return done(null, payload)
  })
}

/** Infinite for a file: it is sent in parts as the client reads them, so only its time is bounded. */
function sizeOf(payload: unknown): number {
  if (Buffer.isBuffer(payload)) return payload.length
  if (typeof payload === 'string') return Buffer.byteLength(payload)
  return payload === null || payload === undefined ? 0 : Number.POSITIVE_INFINITY
}

function isRead({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD'
}

function refuseAnswer(reply: FastifyReply): void {
  reply
    .code(exceeded.status)
    .headers(exceeded.headers ?? {})
    .header('content-type', 'application/json; charset=utf-8')
    .removeHeader('content-length')
}

function closeUnlessRead(response: ServerResponse, timeoutMs: number): void {
  const timer = setTimeout(() => response.destroy(), timeoutMs).unref()
  response.once('close', () => clearTimeout(timer))
}
