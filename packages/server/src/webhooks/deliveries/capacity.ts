import type { Account } from '../../domain/account.ts'
import type { Outcome, Room, Shares } from './queue.sql.ts'

/** Attempts of a process at once: sockets are cheap, and most of them only wait. */
const inFlightMax = 256
/** Of these, attempts of test mode: live events never wait for places that test events hold. */
const testInFlightMax = 128
/** Attempts of one merchant and mode, whatever endpoints it has, had or makes anew. */
const perAccountMax = 64
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
/** Endpoints whose speed is remembered. Each turn names them to the database. */
const rememberedMax = 2_000

/** What an attempt holds a place for. */
export type Place = Pick<Outcome['delivery'], 'merchant_id' | 'livemode' | 'endpoint_id'>

/**
 * How much this process sends at once: overall, for each merchant and mode, and to each endpoint.
 *
 * A merchant may hold as many places as are free, up to a maximum. So the more is held, the less
 * each may hold, and some places are always left for merchants that hold none. Source: Choudhury
 * and Hahne, "Dynamic queue length thresholds for shared-memory packet switches".
 */
export class Capacity {
  readonly #inFlight = new Map<string, number>()
  readonly #accounts = new Map<string, Account & { taken: number }>()
  /** How much endpoints may get at once, where that is more than the first time. */
  readonly #allowed = new Map<string, number>()
  readonly #unanswered = new Map<string, number>()
  #total = 0
  #test = 0

  /** How many more attempts may begin. */
  get room(): number {
    return inFlightMax - this.#total
  }

  shares(): Shares {
    const testRoom = Math.max(0, Math.min(this.room, testInFlightMax - this.#test))
    return {
      // Half of what is free: the merchants of one turn must not take what is left for others.
      limit: Math.ceil(this.room / 2),
      testLimit: Math.ceil(testRoom / 2),
      liveShare: Math.min(perAccountMax, this.room),
      testShare: Math.min(perAccountMax, testRoom),
      usage: [...this.#accounts.values()],
      roomDefault: perEndpointFirst,
      rooms: this.#rooms(),
    }
  }

  /** How many more each endpoint may get, where that is not `roomDefault`. */
  #rooms(): Room[] {
    const known = [this.#inFlight, this.#allowed, this.#unanswered]
    const endpointIds = new Set(known.flatMap((map) => [...map.keys()]))
    return [...endpointIds].map((endpointId) => {
      const max = this.#maxOf(endpointId)
      return { endpointId, room: Math.max(0, max - (this.#inFlight.get(endpointId) ?? 0)) }
    })
  }

  /** Whether an endpoint and its merchant could get half of what they may, or more. */
  isHalfFree(place: Place): boolean {
    const { endpoint_id: endpointId } = place
    const taken = this.#accounts.get(nameOf(place))?.taken ?? 0
    const isEndpointHalfFree = (this.#inFlight.get(endpointId) ?? 0) <= this.#maxOf(endpointId) / 2
    return isEndpointHalfFree && taken <= perAccountMax / 2
  }

  take(place: Place): void {
    this.#add(place, 1)
  }

  release(place: Place): void {
    this.#add(place, -1)
  }

  #add(place: Place, count: 1 | -1): void {
    const { merchant_id: merchantId, livemode, endpoint_id: endpointId } = place
    this.#total += count
    if (!livemode) this.#test += count
    const ofEndpoint = (this.#inFlight.get(endpointId) ?? 0) + count
    if (ofEndpoint > 0) this.#inFlight.set(endpointId, ofEndpoint)
    else this.#inFlight.delete(endpointId)
    const name = nameOf(place)
    const taken = (this.#accounts.get(name)?.taken ?? 0) + count
    if (taken > 0) this.#accounts.set(name, { merchantId, livemode, taken })
    else this.#accounts.delete(name)
  }

  /**
   * Remembers how an endpoint does. For each quick success it may get one more at once, so twice as
   * many after a round of them; a failure halves that, as a receiver that is overloaded needs it.
   */
  note(endpointId: string, { result, responseCode, durationMs }: Outcome): void {
    if (result === 'not sent') return
    if (responseCode !== null) this.#unanswered.delete(endpointId)
    else remember(this.#unanswered, endpointId, (this.#unanswered.get(endpointId) ?? 0) + 1)
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
    else remember(this.#allowed, endpointId, Math.min(perEndpointMax, count))
  }
}

/** Forgets the endpoint that was longest not written: merchants delete endpoints and make new ones. */
function remember(map: Map<string, number>, endpointId: string, count: number): void {
  map.delete(endpointId)
  map.set(endpointId, count)
  if (map.size <= rememberedMax) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    return
  }
}

function nameOf({ merchant_id: merchantId, livemode }: Place): string {
  return `${merchantId} ${livemode}`
}
