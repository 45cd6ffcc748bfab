import type { FastifyRequest } from 'fastify'
import { readConnectionsMax } from '../../../database/sessions/pools.ts'
import { unavailable } from '../../answers/failures.ts'
import type { Refusal } from '../../answers/refusal.ts'
import type { Auth } from '../../request/auth.ts'
import { accountName, limitsOf, type Shares } from '../semaphore.ts'
import { SemaphoreQueue } from '../semaphore-queue.ts'
import { endOfWait } from './end-of-wait.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Shares the connections for reads among merchants. */
    readShares: ReadShares
  }
}

/** Reads at the same time: one for each connection, and fewer for test mode and for a merchant and mode. */
const shares: Shares = {
  total: readConnectionsMax,
  test: readConnectionsMax - 2,
  account: 4,
}
/** Reads of one kind, such as lists of payments. So a merchant can read other things beside its slow lists. */
const sameKindMax = 3
/** A read takes at most about as long: its statement is ended then. */
const waitMsMax = 5_000

const queueTooLong = unavailable(
  'Too many reads of this kind are in progress. Narrow their filters, for example by created_at, or try again.',
)

/**
 * Limits how many reads run at once: lists, searches, balances, plots. They have connections of their
 * own, so they never delay creates and cancels, and a merchant's slow reads never delay those of others.
 */
export class ReadShares {
  readonly #queue = new SemaphoreQueue()

  /** Waits for the permit to read. Returns a refusal when the wait takes too long. */
  async acquire(
    request: FastifyRequest,
    { auth, kind }: { auth: Auth; kind: string },
  ): Promise<{ release(): void } | Refusal> {
    const limits = limitsOf({ auth, address: '' }, shares)
    limits.push({ name: `${accountName(auth)} ${kind}`, max: sameKindMax })
    return (await this.#queue.acquire(limits, endOfWait(request, waitMsMax))) ?? queueTooLong
  }
}
