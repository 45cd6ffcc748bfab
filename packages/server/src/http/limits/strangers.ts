import type { FastifyRequest } from 'fastify'
import { unavailable } from '../answers/failures.ts'
import { isRefusal, type Refusal } from '../answers/refusal.ts'
import { addressOf, countedAddress } from '../request/client-address.ts'
import { RateLimiter } from './rate-limit.ts'
import { Turns } from './turns.ts'

/**
 * Looks up whether somebody who is not known yet shows something valid. The result of `work` is a
 * refusal where nothing was found.
 */
export type LookUpStranger = <T>(work: () => Promise<T | Refusal>) => Promise<T | Refusal>

/**
 * The budget of look-ups that find nothing, by address. Beyond it the look-ups of the address wait
 * for each other: callers who share the address (an office, a proxy) are slower, but a caller
 * with a valid key is never refused for the wrong keys of another.
 */
export class Strangers {
  readonly #lookUps = new RateLimiter()
  readonly #turns = new Turns()
  readonly #perMinute: number

  /** @param perMinute look-ups without a result that an address may have at once in a minute. */
  constructor(perMinute: number) {
    this.#perMinute = perMinute
  }

  of(request: FastifyRequest, nowMs: number): LookUpStranger {
    return (work) => this.#lookUp(countedAddress(addressOf(request)), nowMs, work)
  }

  async #lookUp<T>(
    address: string,
    nowMs: number,
    work: () => Promise<T | Refusal>,
  ): Promise<T | Refusal> {
    const budget = { caller: address, limit: this.#perMinute, nowMs }
    // Counted before the wait, and given back if something was found: many at once count too.
    const { exceeded } = this.#lookUps.count(budget)
    const found = exceeded ? await this.#turns.run(address, work) : await work()
    if (found === null) return unavailable('Too many unknown keys are being looked up. Try again.')
    if (!isRefusal(found)) this.#lookUps.giveBack(budget)
    return found
  }
}
