import type { FastifyRequest } from 'fastify'
import type { Refusal } from './answers/refusal.ts'
import { tooMuchKept } from './limits/held-bytes.ts'
import { limitsOf, type Shares } from './limits/places.ts'
import { PlaceQueue } from './place-queue.ts'
import { addressOf, countedAddress } from './request/client-address.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Places of requests for large lists. */
    largeLists: LargeLists
  }
}

/** A list of more objects than this waits for a place. */
const smallListMax = 20
/** An object of a list with as much metadata as there may be: 50 values of 500 characters. */
const objectBytesMax = 60 * 1024
/** Longer pages are of small objects only: results of bulk cancellations. */
const largeObjectsMax = 100

/**
 * Large lists that a process reads and renders at once. One takes up to 30 MB until its answer is
 * written or refused: rows, objects and text of a hundred payments with as much metadata as there may be.
 */
const shares: Shares = { total: 6, test: 4, account: 3 }

/** Bounds the memory of answers that are being built: a request waits before its query. */
export class LargeLists {
  readonly #queue = new PlaceQueue()

  /**
   * The place of a request for a large list; `null` for every other request. A caller that has not
   * read its answers is refused before the query, if one more answer could exceed its share.
   */
  async acquire(request: FastifyRequest): Promise<{ release(): void } | Refusal | null> {
    const { limit } = request.query as { limit?: unknown }
    if (request.method !== 'GET' || typeof limit !== 'number' || limit <= smallListMax) return null
    const address = countedAddress(addressOf(request))
    const place = await this.#queue.acquire(limitsOf({ auth: request.auth, address }, shares))
    const bytesMax = Math.min(limit, largeObjectsMax) * objectBytesMax
    const bytes = request.server.heldBytes.reserve(request, bytesMax)
    if (!bytes) {
      place.release()
      return tooMuchKept()
    }
    return {
      release() {
        bytes.release()
        place.release()
      },
    }
  }
}
