/** How many requests of a lane may be in flight. */
export interface LaneLimits {
  /** Most at once. What arrives together is served, though the last of it waits. */
  readonly burstMax: number
  /** What is let in however slowly it goes, so that a slow kind of request is not shut out. */
  readonly floor: number
}

/**
 * The part of a lane that test mode may fill, and the part of that, or of live mode's whole lane, that one
 * merchant may fill: what others need always finds room.
 */
const share = 0.8

/** Whose request it is. */
export interface LaneUser {
  readonly merchantId: string
  readonly livemode: boolean
}

/** How often a lane looks at itself, in milliseconds. */
export const lookMs = 100
/** What may be in flight once requests pile up: as many as were lately answered in 250 ms. */
const targetLooks = 2.5
/** A pile that has not gone after half a second was no burst. */
const patienceLooks = 5
/**
 * Without a refusal for three seconds, there is room for a burst again. Whoever was refused was asked to
 * come back after one: sooner, the same ones would be taken for a burst.
 */
const calmLooks = 30
/** More refusals than this in a look, and than answers: they cost more than what is served. */
const floodRefusals = 20
/** Nothing answered for five seconds: whatever the lane waits for stands still. */
const stalledLooks = 50
/** What may wait for something that stands still: it may come back. */
const stalledMax = 64
/** How fast the rate follows: half of what it says is of the last third of a second. */
const rateWeight = 0.2

/**
 * Requests in flight of one kind, and how many there may be. A burst is let in whole. Where a pile
 * stands (it has not been small for half a second, which a burst that is worked off has), the limit
 * becomes what a quarter of a second can serve: more would only wait longer, and time out late.
 *
 * Waiting is measured by what is answered, not by the age of the oldest request: cancels of one
 * payment wait for each other by right, and none of them shows that the process is too busy.
 */
export class Lane {
  readonly #limits: LaneLimits
  #limit: number
  #inFlight = 0
  #testInFlight = 0
  readonly #ofAccount = new Map<string, number>()
  #lowest = 0
  #answered = 0
  #refused = 0
  #refusedInAll = 0
  #ratePerLook = 0
  #piledLooks = 0
  #calmLooks = 0
  #silentLooks = 0
  #sinceFlood = Number.POSITIVE_INFINITY

  constructor(limits: LaneLimits) {
    this.#limits = limits
    this.#limit = limits.burstMax
  }

  get inFlight(): number {
    return this.#inFlight
  }

  get limit(): number {
    return this.#limit
  }

  /** How many were refused since the start. */
  get refused(): number {
    return this.#refusedInAll
  }

  /** Whether more is refused than served, or was until a few seconds ago. */
  get isFlooded(): boolean {
    return this.#sinceFlood < calmLooks
  }

  get isFull(): boolean {
    return this.#inFlight >= this.#limit
  }

  /** Whether test mode has its share: the lane may have room for others. */
  get isTestFull(): boolean {
    return this.isFull || this.#testInFlight >= Math.ceil(this.#limit * share)
  }

  /** Lets a request in, or counts its refusal. `user`: `null` where it has shown no key. */
  enter(user: LaneUser | null): boolean {
    if (this.isFull || (user && !this.#hasRoomFor(user))) {
      this.refuse()
      return false
    }
    this.#inFlight++
    if (user) this.#count(user, 1)
    return true
  }

  #hasRoomFor(user: LaneUser): boolean {
    if (!user.livemode && this.isTestFull) return false
    const ofMode = this.#limit * (user.livemode ? 1 : share)
    return (this.#ofAccount.get(nameOf(user)) ?? 0) < Math.ceil(ofMode * share)
  }

  #count(user: LaneUser, change: 1 | -1): void {
    if (!user.livemode) this.#testInFlight += change
    const name = nameOf(user)
    const count = (this.#ofAccount.get(name) ?? 0) + change
    if (count > 0) this.#ofAccount.set(name, count)
    else this.#ofAccount.delete(name)
  }

  /** Counts a request that was refused for want of room. */
  refuse(): void {
    this.#refused++
    this.#refusedInAll++
  }

  /** `served`: it was worked on, and not given up for want of a database. */
  leave({ user, served }: { user: LaneUser | null; served: boolean }): void {
    this.#inFlight--
    if (user) this.#count(user, -1)
    if (served) this.#answered++
    if (this.#inFlight < this.#lowest) this.#lowest = this.#inFlight
  }

  /** Sets the limit by what has happened since the last look. */
  look(): void {
    const { burstMax, floor } = this.#limits
    this.#ratePerLook += (this.#answered - this.#ratePerLook) * rateWeight
    const target = Math.min(burstMax, Math.max(floor, Math.ceil(this.#ratePerLook * targetLooks)))
    const isSilent = this.#answered === 0 && this.#inFlight > 0
    this.#silentLooks = isSilent ? this.#silentLooks + 1 : 0
    this.#piledLooks = this.#lowest > target ? this.#piledLooks + 1 : 0
    this.#calmLooks = this.#refused === 0 ? this.#calmLooks + 1 : 0
    const isFlood = this.#refused > Math.max(floodRefusals, this.#answered)
    this.#sinceFlood = isFlood ? 0 : this.#sinceFlood + 1
    this.#limit = this.#nextLimit(target)
    this.#lowest = this.#inFlight
    this.#answered = 0
    this.#refused = 0
  }

  #nextLimit(target: number): number {
    const { burstMax } = this.#limits
    if (this.#silentLooks >= stalledLooks) return Math.min(stalledMax, burstMax)
    if (this.#piledLooks >= patienceLooks) return target
    const isShedding = this.#limit < burstMax
    return isShedding && this.#calmLooks < calmLooks ? target : burstMax
  }
}

function nameOf({ merchantId, livemode }: LaneUser): string {
  return livemode ? merchantId : `${merchantId} test`
}
