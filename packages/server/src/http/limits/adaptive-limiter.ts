import { type Account, accountKey } from '../../domain/account.ts'
import { addCount } from '../../domain/maps.ts'

/** How many requests of one kind may be in flight. */
export interface AdaptiveLimits {
  /** Limit while there is no backlog: a burst is admitted whole, though its last requests wait. */
  readonly burstMax: number
  /** The limit never falls below this, so that slow requests are not refused altogether. */
  readonly limitMin: number
}

/**
 * Test mode may use this part of the limit. One merchant may use this part of what its mode may use.
 * The rest stays free for others.
 */
const share = 0.8

/** Interval in milliseconds at which a limiter adjusts its limit: call `tick` that often. */
export const tickMs = 100
/** With a backlog, the limit is the number of requests answered in 250 ms. */
const targetTicks = 2.5
/** A backlog that lasts for half a second is no burst. */
const backlogTicks = 5
/**
 * After three seconds without a refusal, bursts are admitted again. Refused clients retry after one
 * second: a shorter time would take their retries for a burst.
 */
const calmTicks = 30
/** More refusals than this in a tick, and more than answers, are a flood. */
const floodRefusalsMin = 20
/** After five seconds without an answer, what the requests wait for has stalled. */
const stalledTicks = 50
/** Requests that may wait for something that has stalled: it may recover. */
const stalledMax = 64
/** Weight of the last tick in the moving average: half of the average is the last third of a second. */
const rateWeight = 0.2

/**
 * An adaptive concurrency limit for one kind of request. A burst is admitted whole. When requests in
 * flight stay above the target for half a second, which a finished burst does not, the limit falls
 * to what a quarter of a second can serve: further requests would only wait and time out later.
 *
 * The limit follows the rate of answers, not the age of the oldest request: a thousand cancels of
 * one payment wait for each other, and do not mean that the process is overloaded.
 */
export class AdaptiveLimiter {
  readonly #limits: AdaptiveLimits
  #limit: number
  #inFlight = 0
  #testInFlight = 0
  readonly #inFlightByAccount = new Map<string, number>()
  #refusedTotal = 0
  /** Since the last tick. */
  #inFlightLowest = 0
  #answered = 0
  #refused = 0
  /** Moving average. */
  #answersPerTick = 0
  /** Consecutive ticks with a backlog, without a refusal, and without an answer. */
  #backlogTicks = 0
  #calmTicks = 0
  #silentTicks = 0
  #ticksSinceFlood = Number.POSITIVE_INFINITY

  constructor(limits: AdaptiveLimits) {
    this.#limits = limits
    this.#limit = limits.burstMax
  }

  get inFlight(): number {
    return this.#inFlight
  }

  get limit(): number {
    return this.#limit
  }

  /** Number of refusals since the start. */
  get refused(): number {
    return this.#refusedTotal
  }

  /** Whether more is refused than served, or was until three seconds ago. */
  get isFlooded(): boolean {
    return this.#ticksSinceFlood < calmTicks
  }

  get isFull(): boolean {
    return this.#inFlight >= this.#limit
  }

  /** Whether test mode has used its share. Live requests may still be admitted. */
  get isTestFull(): boolean {
    return this.isFull || this.#testInFlight >= Math.ceil(this.#limit * share)
  }

  /**
   * Admits a request, or counts a refusal and returns `false`.
   *
   * @param account of the request's key; `null` for a request without a key.
   */
  enter(account: Account | null): boolean {
    if (this.isFull || (account && !this.#isBelowShare(account))) {
      this.countRefusal()
      return false
    }
    this.#inFlight++
    if (account) this.#count(account, 1)
    return true
  }

  #isBelowShare(account: Account): boolean {
    if (!account.livemode && this.isTestFull) return false
    const modeLimit = this.#limit * (account.livemode ? 1 : share)
    const inFlight = this.#inFlightByAccount.get(accountKey(account)) ?? 0
    return inFlight < Math.ceil(modeLimit * share)
  }

  #count(account: Account, change: 1 | -1): void {
    if (!account.livemode) this.#testInFlight += change
    addCount(this.#inFlightByAccount, accountKey(account), change)
  }

  /** Counts a request that was refused because of the limit. */
  countRefusal(): void {
    this.#refused++
    this.#refusedTotal++
  }

  /**
   * Ends a request that was admitted.
   *
   * @param served `false` when it failed because the database was not available.
   */
  leave({ account, served }: { account: Account | null; served: boolean }): void {
    this.#inFlight--
    if (account) this.#count(account, -1)
    if (served) this.#answered++
    if (this.#inFlight < this.#inFlightLowest) this.#inFlightLowest = this.#inFlight
  }

  /** Adjusts the limit to what has happened since the last tick. */
  tick(): void {
    const { burstMax, limitMin } = this.#limits
    this.#answersPerTick += (this.#answered - this.#answersPerTick) * rateWeight
    const served = Math.ceil(this.#answersPerTick * targetTicks)
    const target = Math.min(burstMax, Math.max(limitMin, served))
    const isSilent = this.#answered === 0 && this.#inFlight > 0
    this.#silentTicks = isSilent ? this.#silentTicks + 1 : 0
    this.#backlogTicks = this.#inFlightLowest > target ? this.#backlogTicks + 1 : 0
    this.#calmTicks = this.#refused === 0 ? this.#calmTicks + 1 : 0
    const isFlood = this.#refused > Math.max(floodRefusalsMin, this.#answered)
    this.#ticksSinceFlood = isFlood ? 0 : this.#ticksSinceFlood + 1
    this.#limit = this.#nextLimit(target)
    this.#inFlightLowest = this.#inFlight
    this.#answered = 0
    this.#refused = 0
  }

  #nextLimit(target: number): number {
    const { burstMax } = this.#limits
    if (this.#silentTicks >= stalledTicks) return Math.min(stalledMax, burstMax)
    if (this.#backlogTicks >= backlogTicks) return target
    const isShedding = this.#limit < burstMax
    return isShedding && this.#calmTicks < calmTicks ? target : burstMax
  }
}
