import type { Outcome, Room } from './queue.sql.ts'

/** Attempts of a process at once: sockets are cheap, and most of them only wait. */
const inFlightMax = 256
/** To one endpoint, of which nothing better is known: no burst for a small receiver. */
const perEndpointFirst = 8
/** To one that keeps up: what is taken from the queue at once costs little more than one delivery. */
const perEndpointMax = 64
/** An endpoint that takes longer than this to answer gets no more at once than it has. */
const quickMs = 500
/** To one that does not answer: it still gets its events, but holds one place, not eight. */
const perSilentEndpointMax = 1
/** Attempts in a row without an answer that make an endpoint a silent one. */
const silentAfter = 3

/** How much this process sends at once, overall and to each endpoint. */
export class Capacity {
  readonly roomDefault = perEndpointFirst
  readonly #inFlight = new Map<string, number>()
  /** How much endpoints may get at once, where that is more than the first time. */
  readonly #allowed = new Map<string, number>()
  readonly #unanswered = new Map<string, number>()
  #total = 0

  /** How many more attempts may begin. */
  get room(): number {
    return inFlightMax - this.#total
  }

  /** How many more each endpoint may get, where that is not `roomDefault`. */
  rooms(): Room[] {
    const known = [this.#inFlight, this.#allowed, this.#unanswered]
    const endpointIds = new Set(known.flatMap((map) => [...map.keys()]))
    return [...endpointIds].map((endpointId) => {
      const max = this.#maxOf(endpointId)
      return { endpointId, room: Math.max(0, max - (this.#inFlight.get(endpointId) ?? 0)) }
    })
  }

  /** Whether an endpoint could get half of what it may, or more. */
  isHalfFree(endpointId: string): boolean {
    return (this.#inFlight.get(endpointId) ?? 0) <= this.#maxOf(endpointId) / 2
  }

  take(endpointId: string): void {
    this.#total++
    this.#inFlight.set(endpointId, (this.#inFlight.get(endpointId) ?? 0) + 1)
  }

  release(endpointId: string): void {
    this.#total--
    const left = (this.#inFlight.get(endpointId) ?? 0) - 1
    if (left > 0) this.#inFlight.set(endpointId, left)
    else this.#inFlight.delete(endpointId)
  }

  /**
   * Remembers how an endpoint does. For each quick success it may get one more at once, so twice as
   * many after a round of them; a failure halves that, as a receiver that is overloaded needs it.
   */
  note(endpointId: string, { result, responseCode, durationMs }: Outcome): void {
    if (result === 'not sent') return
    if (responseCode !== null) this.#unanswered.delete(endpointId)
    else this.#unanswered.set(endpointId, (this.#unanswered.get(endpointId) ?? 0) + 1)
    const allowed = this.#allowed.get(endpointId) ?? perEndpointFirst
    if (result === 'failed') this.#allow(endpointId, Math.floor(allowed / 2))
    else if ((durationMs ?? 0) <= quickMs) this.#allow(endpointId, allowed + 1)
  }

  #maxOf(endpointId: string): number {
    const isSilent = (this.#unanswered.get(endpointId) ?? 0) >= silentAfter
    return isSilent ? perSilentEndpointMax : (this.#allowed.get(endpointId) ?? perEndpointFirst)
  }

  #allow(endpointId: string, count: number): void {
    if (count <= perEndpointFirst) this.#allowed.delete(endpointId)
    else this.#allowed.set(endpointId, Math.min(perEndpointMax, count))
  }
}
