import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { unavailable } from '../answers/failures.ts'
import { errorBody } from '../answers/refusal.ts'
import { addressOf, countedAddress } from '../request/client-address.ts'
import { limitsOf, type PlaceLimit, Places, type Reservation, type Shares } from './places.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Bytes that this process keeps for its callers. */
    heldBytes: HeldBytes
  }
  interface FastifyRequest {
    /** The answer to this request: what is kept for the caller goes when it is closed. */
    response: ServerResponse | null
  }
}

const kibibyte = 1024
const mebibyte = 1024 * kibibyte

/**
 * What a process keeps of bodies that have not been worked off and of answers that have not been
 * read. Far above what honest callers leave lying, and a quarter of what a small container has.
 */
const shares: Shares = {
  total: 128 * mebibyte,
  strangers: 32 * mebibyte,
  address: 8 * mebibyte,
  test: 64 * mebibyte,
  account: 32 * mebibyte,
}
/** Bodies and answers up to this size do not count: connections are counted, and each has one. */
export const bodyBytesFree = 4 * kibibyte
const answerBytesFree = 16 * kibibyte
/** How long a caller has to read an answer: 8 MiB by a slow line of a megabit a second. */
const answerTimeoutMs = 60_000

const tooMuch = unavailable('Too much that you have sent or not read is kept for you. Try again.')
const tooMuchBody = JSON.stringify(errorBody(tooMuch))

/** The one budget of what callers have this process keep: see the shares. */
class HeldBytes {
  readonly #places = new Places()

  /** Keeps bytes for a caller until they are released. `null`: there is no room for them. */
  reserve(request: FastifyRequest, bytes: number): Reservation | null {
    return this.#places.reserve(this.#limitsOf(request), bytes)
  }

  /** Keeps bytes for a caller until its answer is closed. `null`: there is no room for them. */
  keep(request: FastifyRequest, bytes: number): Reservation | null {
    const reserved = this.reserve(request, bytes)
    if (reserved) request.response?.once('close', reserved.release)
    return reserved
  }

  /** Keeps bytes whatever is kept already: the answer to something that was done. */
  keepAnyway(request: FastifyRequest, bytes: number): void {
    const reserved = this.#places.take(this.#limitsOf(request), bytes)
    request.response?.once('close', reserved.release)
  }

  #limitsOf(request: FastifyRequest): PlaceLimit[] {
    const address = countedAddress(addressOf(request))
    return limitsOf({ auth: request.auth, address }, shares)
  }
}

/** The refusal of a caller for whom too much is kept. */
export function tooMuchKept() {
  return tooMuch
}

/** Counts answers until they are read, and ends connections on which they are not. */
export function boundAnswers(
  app: FastifyInstance,
  { timeoutMs = answerTimeoutMs }: { timeoutMs?: number | undefined } = {},
): void {
  const held = new HeldBytes()
  app.decorate('heldBytes', held)
  app.decorateRequest('response', null)
  app.addHook('onRequest', (request, reply, done) => {
    request.response = reply.raw
    done()
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    const size = sizeOf(payload)
    if (size <= answerBytesFree) return done(null, payload)
    if (!isReading(request)) held.keepAnyway(request, size)
    else if (size < Number.POSITIVE_INFINITY && !held.keep(request, size)) {
      refuseAnswer(reply)
      return done(null, tooMuchBody)
    }
    endUnlessRead(reply.raw, timeoutMs)
    return done(null, payload)
  })
}

/** A file comes piece by piece as it is read, so that only its time has to be bounded. */
function sizeOf(payload: unknown): number {
  if (Buffer.isBuffer(payload)) return payload.length
  if (typeof payload === 'string') return Buffer.byteLength(payload)
  return payload === null || payload === undefined ? 0 : Number.POSITIVE_INFINITY
}

function isReading({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD'
}

function refuseAnswer(reply: FastifyReply): void {
  reply
    .code(tooMuch.status)
    .headers(tooMuch.headers ?? {})
    .header('content-type', 'application/json; charset=utf-8')
    .removeHeader('content-length')
}

function endUnlessRead(response: ServerResponse, timeoutMs: number): void {
  const timer = setTimeout(() => response.destroy(), timeoutMs).unref()
  response.once('close', () => clearTimeout(timer))
}
