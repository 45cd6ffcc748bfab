/** Calls of an account at its first claim, before anything is known about its processor. */
export const startCalls = 8
/** A slow processor keeps this many calls, because fewer calls would not make each of them faster. */
const slowCallsMin = 8
/** A processor that refuses calls for their rate keeps one. */
const refusedCallsMin = 1
/** The window grows by so many calls in a round, once it has stopped doubling. */
const growth = 2
/** The window after a back-off, as a part of the window before. */
const backOffFactor = 0.9
/** The same for the first back-off: until then the window has doubled, so it may be twice too large. */
const firstBackOffFactor = 0.5
/** Weight of one call in the average duration: the last ten calls are most of it. */
const averageWeight = 0.1
/** The lowest duration follows within five thousand calls, so a processor may become slower for good. */
const lowestWeight = 0.0002
/** It falls within twenty calls, so one call that ends early by chance does not make the others slow. */
const lowerWeight = 0.05
/** Calls are slow if they take twice the lowest duration and a quarter of a second more. */
const slowFactor = 2
const slowMarginMs = 250
/** Tasks are spread over this part of a call, so that spreading them costs no throughput. */
const spreadFactor = 0.8
/** A task waits for its turn at most this long. */
const turnMsMax = 1_000

/** A call to a processor that has ended. Times are of the process's own clock. */
export interface EndedCall {
  /** Durations are compared within one kind: a look-up is faster than a capture. */
  readonly kind: string
  readonly beganMs: number
  readonly endedMs: number
  /** `failed` and `unauthorized` say nothing about the load. `timed_out` counts as slow. */
  readonly outcome: 'answered' | 'failed' | 'timed_out' | 'rate_limited' | 'unauthorized'
}

/**
 * How many calls one processor account takes at the same time: additive increase, multiplicative
 * decrease, as TCP does (RFC 5681). The window doubles with each round of calls until the processor
 * first refuses or slows down, and then grows by two calls a round. Each refusal for the rate and each
 * slow answer shrinks it, at most once in a round.
 *
 * Pure: no clock, no chance.
 */
export class CallWindow {
  readonly #max: number
  #size: number
  #isDoubling = true
  #inFlight = 0
  /** When at least half of the window was last in use. A window that nobody uses must not grow. */
  #halfFullMs = Number.NEGATIVE_INFINITY
  #backOffMs = Number.NEGATIVE_INFINITY
  /** Moving average of the calls of all kinds; `null` before the first answer. */
  #averageMs: number | null = null
  #nextTurnMs = Number.NEGATIVE_INFINITY
  readonly #durations = new Map<string, { lowestMs: number; averageMs: number }>()

  /** @param max the ceiling of the window, at least 1. */
  constructor(max: number) {
    this.#max = max
    this.#size = Math.min(startCalls, max)
  }

  /** The size of the window: from 1 to the ceiling. */
  get size(): number {
    return Math.floor(this.#size)
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** How many more tasks may start. */
  get available(): number {
    return Math.max(0, this.size - this.#inFlight)
  }

  /**
   * When a task may make its first call, and books this turn. Without turns, calls that end together
   * would begin together, and a processor that counts calls by the second would refuse half of them.
   */
  turn(nowMs: number): number {
    const spacingMs = ((this.#averageMs ?? 0) * spreadFactor) / this.#size
    const turnMs = Math.min(Math.max(nowMs, this.#nextTurnMs), nowMs + turnMsMax)
    this.#nextTurnMs = turnMs + spacingMs
    return turnMs
  }

  /** Counts a task that starts. */
  begin(nowMs: number): void {
    this.#inFlight++
    this.#observe(nowMs)
  }

  /** Stops counting a task that has ended. */
  end(nowMs: number): void {
    this.#observe(nowMs)
    this.#inFlight--
  }

  /** Adjusts the window after a call. Calls that began before the last back-off say nothing new. */
  record(call: EndedCall): void {
    this.#observe(call.endedMs)
    const isSlow = this.#isSlow(call)
    if (call.beganMs < this.#backOffMs) return
    if (call.outcome === 'rate_limited') this.#backOff(call.endedMs, refusedCallsMin)
    else if (isSlow) this.#backOff(call.endedMs, slowCallsMin)
    else if (call.outcome === 'answered' && this.#halfFullMs >= call.beganMs) this.#grow()
  }

  #observe(nowMs: number): void {
    if (this.#inFlight * 2 >= this.size) this.#halfFullMs = nowMs
  }

  #grow(): void {
    this.#size = Math.min(this.#max, this.#size + (this.#isDoubling ? 1 : growth / this.#size))
  }

  #backOff(nowMs: number, min: number): void {
    const factor = this.#isDoubling ? firstBackOffFactor : backOffFactor
    this.#size = Math.min(this.#size, Math.max(min, this.#size * factor))
    this.#isDoubling = false
    this.#backOffMs = nowMs
  }

  /** Takes the call's duration into the average of its kind, and compares that with the lowest one. */
  #isSlow({ kind, beganMs, endedMs, outcome }: EndedCall): boolean {
    if (outcome === 'timed_out') return true
    if (outcome !== 'answered') return false
    const ms = endedMs - beganMs
    this.#averageMs = (this.#averageMs ?? ms) + (ms - (this.#averageMs ?? ms)) * averageWeight
    const lasted = this.#durations.get(kind)
    if (!lasted) {
      this.#durations.set(kind, { lowestMs: ms, averageMs: ms })
      return false
    }
    lasted.averageMs += (ms - lasted.averageMs) * averageWeight
    const weight = ms < lasted.lowestMs ? lowerWeight : lowestWeight
    lasted.lowestMs += (ms - lasted.lowestMs) * weight
    return lasted.averageMs > lasted.lowestMs * slowFactor + slowMarginMs
  }
}
