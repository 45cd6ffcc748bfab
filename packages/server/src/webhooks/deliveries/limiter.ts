import { addCount, forgetOldest } from '../../domain/maps.ts'
import { ConcurrencyLimiter } from '../../jobs/limiter.ts'
import type { Outcome } from './attempt.ts'
import type { ClaimLimits, EndpointCapacity } from './claim/claim-limits.ts'

/** Concurrent attempts of a process: sockets cost little, and most attempts only wait. */
const totalMax = 256
/** Concurrent attempts of test mode: half of the sockets are for live events. */
const testMax = 128
/** Concurrent attempts of one merchant and mode, however many endpoints it creates. */
const perAccountMax = 64
/** Concurrent attempts to a new endpoint: a small receiver gets no burst. */
const perEndpointFirst = 8
/** Concurrent attempts to a fast endpoint. Claiming 64 deliveries costs little more than one. */
const perEndpointMax = 64
/** The limit of an endpoint that answers more slowly than this does not grow. */
const quickMs = 500
/** Concurrent attempts to a silent endpoint: it still gets its events, one at a time. */
const perSilentEndpointMax = 1
/** Consecutive attempts without an answer after which an endpoint is silent. */
const silentAfter = 3
/** Endpoints whose limits a process remembers. Each claim sends these limits to the database. */
const rememberedMax = 2_000

/** The columns of a delivery that the limits apply to. */
export type LimitedDelivery = Pick<Outcome['delivery'], 'merchant_id' | 'livemode' | 'endpoint_id'>

/**
 * Limits concurrent attempts of this process: in total, per merchant and mode, and per endpoint.
 *
 * A merchant may have as many attempts in progress as are still available, up to a maximum. The more
 * are in progress, the fewer each merchant may have, so that some are always available for merchants
 * that have none. Source: Choudhury and Hahne, "Dynamic queue length thresholds for shared-memory
 * packet switches".
 */
export class DeliveryLimiter {
  readonly #accounts = new ConcurrencyLimiter({ totalMax, testMax, perAccountMax })
  /** Attempts in progress, by endpoint. */
  readonly #inProgress = new Map<string, number>()
  /** Limits of endpoints that have earned more than the first one. */
  readonly #earned = new Map<string, number>()
  /** Consecutive attempts without an answer, by endpoint. */
  readonly #unanswered = new Map<string, number>()

  /** How many more attempts may start. */
  get available(): number {
    return this.#accounts.available
  }

  /** The limits of the next claim. */
  claimLimits(): ClaimLimits {
    const { available, testAvailable, usage } = this.#accounts
    const testCapacity = Math.max(0, Math.min(available, testAvailable))
    return {
      // At most half: the merchants of one claim must leave the rest to other merchants.
      limit: Math.ceil(available / 2),
      testLimit: Math.ceil(testCapacity / 2),
      perLiveAccount: Math.min(perAccountMax, available),
      perTestAccount: Math.min(perAccountMax, testCapacity),
      usage,
      perEndpoint: perEndpointFirst,
      endpoints: this.#endpointCapacities(),
    }
  }

  /** How many more attempts each remembered endpoint may get. */
  #endpointCapacities(): EndpointCapacity[] {
    const maps = [this.#inProgress, this.#earned, this.#unanswered]
    const endpointIds = new Set(maps.flatMap((map) => [...map.keys()]))
    return [...endpointIds].map((endpointId) => {
      const inProgress = this.#inProgress.get(endpointId) ?? 0
      return { endpointId, available: Math.max(0, this.#limitOf(endpointId) - inProgress) }
    })
  }

  /** Whether the endpoint of a delivery and its merchant use at most half of their limits. */
  isHalfFree(delivery: LimitedDelivery): boolean {
    const { endpoint_id: endpointId } = delivery
    const inProgress = this.#inProgress.get(endpointId) ?? 0
    const isEndpointHalfFree = inProgress <= this.#limitOf(endpointId) / 2
    return isEndpointHalfFree && this.#accounts.countOf(delivery) <= perAccountMax / 2
  }

  /** Counts an attempt that starts. */
  acquire(delivery: LimitedDelivery): void {
    this.#accounts.acquire(delivery)
    addCount(this.#inProgress, delivery.endpoint_id, 1)
  }

  /** Stops counting an attempt that has ended. */
  release(delivery: LimitedDelivery): void {
    this.#accounts.release(delivery)
    addCount(this.#inProgress, delivery.endpoint_id, -1)
  }

  /**
   * Adapts the limit of an endpoint to the outcome of an attempt. A quick success adds one, so a
   * round of quick successes doubles the limit; a failure halves it, which relieves an overloaded
   * receiver.
   */
  adapt(endpointId: string, { result, responseCode, durationMs }: Outcome): void {
    if (result === 'unsent') return
    if (responseCode !== null) this.#unanswered.delete(endpointId)
    else remember(this.#unanswered, endpointId, (this.#unanswered.get(endpointId) ?? 0) + 1)
    const limit = this.#earned.get(endpointId) ?? perEndpointFirst
    if (result === 'failed') this.#setLimit(endpointId, Math.floor(limit / 2))
    else if ((durationMs ?? 0) <= quickMs) this.#setLimit(endpointId, limit + 1)
  }

  #limitOf(endpointId: string): number {
    const isSilent = (this.#unanswered.get(endpointId) ?? 0) >= silentAfter
    return isSilent ? perSilentEndpointMax : (this.#earned.get(endpointId) ?? perEndpointFirst)
  }

  #setLimit(endpointId: string, limit: number): void {
    if (limit <= perEndpointFirst) this.#earned.delete(endpointId)
    else remember(this.#earned, endpointId, Math.min(perEndpointMax, limit))
  }
}

/** Sets an entry, and forgets the least recently set one: merchants delete and create endpoints. */
function remember(map: Map<string, number>, endpointId: string, count: number): void {
  map.delete(endpointId)
  map.set(endpointId, count)
  forgetOldest(map, rememberedMax)
}
