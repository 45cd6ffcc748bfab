import type { FastifyRequest } from 'fastify'
import { addressOf, countedAddress } from './client-address.ts'
import { PlaceQueue } from './place-queue.ts'
import { limitsOf, type Shares } from './places.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Places of requests for large lists. */
    largeLists: LargeLists
  }
}

/** A list of more objects than this waits for a place. An object may take 60 KB: see metadata. */
const smallListMax = 20

/**
 * Large lists that a process reads and renders at once. One takes up to 30 MB until its answer is
 * written or refused: rows, objects and text of a hundred payments with as much metadata as there may be.
 */
const shares: Shares = { total: 6, test: 4, account: 3 }

/** Bounds the memory of answers that are being built: a request waits before its query. */
export class LargeLists {
  readonly #queue = new PlaceQueue()

  /** The place of a request for a large list; `null` for every other request. */
  async acquire(request: FastifyRequest): Promise<{ release(): void } | null> {
    const { limit } = request.query as { limit?: unknown }
    if (request.method !== 'GET' || typeof limit !== 'number' || limit <= smallListMax) return null
    const address = countedAddress(addressOf(request))
    return await this.#queue.acquire(limitsOf({ auth: request.auth, address }, shares))
  }
}
