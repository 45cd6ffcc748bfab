import type { FastifyRequest } from 'fastify'
import { unavailable } from '../../answers/failures.ts'
import type { Refusal } from '../../answers/refusal.ts'
import { addressOf, countedAddress } from '../../request/client-address.ts'
import { bufferBudgetExceeded } from '../buffer-budget.ts'
import { limitsOf, type Shares } from '../semaphore.ts'
import { SemaphoreQueue } from '../semaphore-queue.ts'
import { endOfWait } from './end-of-wait.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Limits how many large lists are built at once. */
    largeLists: LargeLists
  }
}

/** A request for a list of more objects than this waits for a permit. */
const smallListMax = 20
/** Size of an object with the most metadata: 50 values of 500 characters. */
const objectBytesMax = 60 * 1024
/** Longer pages contain small objects only: results of bulk cancellations. */
const largeObjectsMax = 100

/**
 * Large lists that a process reads and renders at once. Each takes up to 30 MB until its answer is
 * written or refused: rows, objects and text of a hundred payments with the most metadata.
 */
const shares: Shares = { total: 6, test: 4, account: 3 }
/** A request that waits for longer is refused: its connection would be closed for being silent. */
const waitMsMax = 20_000

const queueTooLong = unavailable('Too many large lists are being built. Try again.')

/** Bounds the memory of answers that are being built: a request waits before its query. */
export class LargeLists {
  readonly #queue = new SemaphoreQueue()

  /**
   * Waits for the permit to build a large list, and reserves bytes for its answer. Returns a refusal
   * when the wait takes too long, or when the caller has used its part of the buffer budget, and `null`
   * for every other request. A client that hangs up leaves the queue.
   */
  async acquire(request: FastifyRequest): Promise<{ release(): void } | Refusal | null> {
    const { limit } = request.query as { limit?: unknown }
    if (request.method !== 'GET' || typeof limit !== 'number' || limit <= smallListMax) return null
    const address = countedAddress(addressOf(request))
    const limits = limitsOf({ auth: request.auth, address }, shares)
    const permit = await this.#queue.acquire(limits, endOfWait(request, waitMsMax))
    if (permit === null) return queueTooLong
    const bytesMax = Math.min(limit, largeObjectsMax) * objectBytesMax
    const bytes = request.server.bufferBudget.reserve(request, bytesMax)
    if (!bytes) {
      permit.release()
      return bufferBudgetExceeded()
    }
    return {
      release() {
        bytes.release()
        permit.release()
      },
    }
  }
}
