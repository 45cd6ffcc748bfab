import type { FastifyRequest } from 'fastify'
import { unavailable } from '../answers/failures.ts'
import { isRefusal, type Refusal } from '../answers/refusal.ts'
import { addressOf, countedAddress } from '../request/client-address.ts'
import { FairMutex } from './fair-mutex.ts'
import { RateLimiter } from './rate-limit.ts'

/** Runs the look-up of a credential under a throttle. A look-up that finds nothing returns a refusal. */
export type ThrottledLookup = <T>(lookUp: () => Promise<T | Refusal>) => Promise<T | Refusal>

/**
 * Limits look-ups of unknown credentials (keys, sessions, links) by address. Above the limit, look-ups
 * of an address run one at a time. Callers who share the address, such as an office or a proxy, get
 * slower answers, but a valid credential is never refused because of the invalid ones of others.
 */
export class LookupThrottle {
  readonly #lookups = new RateLimiter()
  readonly #mutex = new FairMutex()
  readonly #perMinute: number

  /** @param perMinute unsuccessful look-ups of one address that may run concurrently. */
  constructor(perMinute: number) {
    this.#perMinute = perMinute
  }

  /** The throttle for the address of a request. */
  of(request: FastifyRequest, nowMs: number): ThrottledLookup {
    return (lookUp) => this.#run(countedAddress(addressOf(request)), nowMs, lookUp)
  }

  async #run<T>(
    address: string,
    nowMs: number,
    lookUp: () => Promise<T | Refusal>,
  ): Promise<T | Refusal> {
    const budget = { caller: address, limit: this.#perMinute, nowMs }
    // Counted before the look-up, so that concurrent ones count too, and uncounted on success.
    const { exceeded } = this.#lookups.count(budget)
    const found = exceeded ? await this.#mutex.run(address, lookUp) : await lookUp()
    if (found === null) return unavailable('Too many unknown keys are being looked up. Try again.')
    if (!isRefusal(found)) this.#lookups.uncount(budget)
    return found
  }
}
