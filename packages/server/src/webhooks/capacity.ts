import type { Outcome, Room } from './queue.sql.ts'

/** Attempts of a process at once: sockets are cheap, and most of them only wait. */
const inFlightMax = 256
/** To one endpoint: enough for thousands of events a minute, and no burst for a small receiver. */
const perEndpointMax = 8
/** To one that does not answer: it still gets its events, but holds one place, not eight. */
const perSilentEndpointMax = 1
/** Attempts in a row without an answer that make an endpoint a silent one. */
const silentAfter = 3

/** How much this process sends at once, overall and to each endpoint. */
export class Capacity {
  readonly roomDefault = perEndpointMax
  readonly #inFlight = new Map<string, number>()
  readonly #unanswered = new Map<string, number>()
  #total = 0

  /** How many more attempts may begin. */
  get room(): number {
    return inFlightMax - this.#total
  }

  /** How many more each endpoint may get, where that is not `roomDefault`. */
  rooms(): Room[] {
    const endpointIds = new Set([...this.#inFlight.keys(), ...this.#unanswered.keys()])
    return [...endpointIds].map((endpointId) => {
      const isSilent = (this.#unanswered.get(endpointId) ?? 0) >= silentAfter
      const max = isSilent ? perSilentEndpointMax : perEndpointMax
      return { endpointId, room: Math.max(0, max - (this.#inFlight.get(endpointId) ?? 0)) }
    })
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

  /** Remembers whether an endpoint answers at all. */
  note(endpointId: string, { result, responseCode }: Outcome): void {
    if (result === 'not sent') return
    if (responseCode !== null) this.#unanswered.delete(endpointId)
    else this.#unanswered.set(endpointId, (this.#unanswered.get(endpointId) ?? 0) + 1)
  }
}
