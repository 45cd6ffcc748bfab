import type { Budget } from '../request/auth.ts'

/** What the X-RateLimit headers say. */
export interface RateLimit {
  readonly limit: number
  readonly remaining: number
  /** Unix seconds at which the next window begins. */
  readonly reset: number
  readonly exceeded: boolean
}

/** What one caller has asked for in a window. */
export interface Counted {
  readonly caller: string
  readonly count: number
}

/**
 * Adds to what all processes together have counted in the window that begins at `windowStartMs`,
 * and says what it comes to by caller.
 */
export type ShareCounts = (
  windowStartMs: number,
  added: readonly Counted[],
) => Promise<ReadonlyMap<string, number>>

/** A caller in the present window: what came here, and what is known of the other processes. */
interface Caller {
  readonly name: string
  own: number
  shared: number
  others: number
}

/** Source: the vendor counts by the minute. */
const windowMs = 60_000
/** Callers counted at once. Above it the oldest one's count is forgotten: memory stays bounded. */
const callersMax = 100_000
/** A process keeps to itself what is less than this part of a caller's limit. */
const keptToItself = 1 / 50

/**
 * Counts the requests of each caller in fixed windows of a minute; with `share`, those of other
 * processes too, without asking anybody while a request waits: `exchange` does it from time to time.
 *
 * What n processes admit beyond a limit is at most n / 50 of it, which each may keep to itself, and
 * what reaches them within two exchanges: one in which the others tell, one in which it is heard.
 * Where the exchange fails each counts for itself: n times the limit.
 */
export class RateLimiter {
  readonly #share: ShareCounts | null
  #windowStart = 0
  #callers = new Map<string, Caller>()
  #due = new Set<Caller>()

  constructor(share: ShareCounts | null = null) {
    this.#share = share
  }

  /** Counts one request of `caller` and says where that leaves it. */
  count({ caller, limit, nowMs }: { caller: string; limit: number; nowMs: number }): RateLimit {
    const windowStart = nowMs - (nowMs % windowMs)
    if (windowStart !== this.#windowStart) {
      this.#windowStart = windowStart
      this.#callers.clear()
      this.#due.clear()
    }
    let counted = this.#callers.get(caller)
    if (!counted) {
      if (this.#callers.size >= callersMax) this.#forgetOldest()
      counted = { name: caller, own: 0, shared: 0, others: 0 }
      this.#callers.set(caller, counted)
    }
    const count = ++counted.own + counted.others
    const exceeded = count > limit
    // Whoever is refused is refused until the window ends: there is nothing left to be told.
    if (this.#share && !exceeded && counted.own >= limit * keptToItself) this.#due.add(counted)
    return {
      limit,
      remaining: Math.max(0, limit - count),
      reset: (windowStart + windowMs) / 1000,
      exceeded,
    }
  }

  /** Takes back a request that was counted in this window. */
  giveBack({ caller, nowMs }: { caller: string; nowMs: number }): void {
    if (nowMs - (nowMs % windowMs) !== this.#windowStart) return
    const counted = this.#callers.get(caller)
    if (counted && counted.own > 0) counted.own--
  }

  #forgetOldest(): void {
    const [oldest] = this.#callers
    if (!oldest) return
    this.#callers.delete(oldest[0])
    this.#due.delete(oldest[1])
  }

  /**
   * Counts one request in each budget, nearest first, and says where the tightest one stands. A
   * budget that is used up is the last that counts: what it refuses takes nothing from those above.
   */
  countAll(budgets: readonly Budget[], nowMs: number): RateLimit {
    const [nearest, ...others] = budgets
    if (!nearest) throw new Error('a caller without a budget')
    let tightest = this.count({ caller: nearest.name, limit: nearest.perMinute, nowMs })
    for (const { name, perMinute } of others) {
      if (tightest.exceeded) return tightest
      const rate = this.count({ caller: name, limit: perMinute, nowMs })
      if (rate.exceeded || rate.remaining < tightest.remaining) tightest = rate
    }
    return tightest
  }

  /** Says where a caller stands without counting: exceeded, where one more would be too many. */
  look({ caller, limit, nowMs }: { caller: string; limit: number; nowMs: number }): RateLimit {
    const windowStart = nowMs - (nowMs % windowMs)
    const counted = windowStart === this.#windowStart ? this.#callers.get(caller) : undefined
    const count = counted ? counted.own + counted.others : 0
    return {
      limit,
      remaining: Math.max(0, limit - count),
      reset: (windowStart + windowMs) / 1000,
      exceeded: count >= limit,
    }
  }

  /** Tells the other processes what was counted here since the last time, and hears of theirs. */
  async exchange(): Promise<void> {
    if (!this.#share || this.#due.size === 0) return
    const due = [...this.#due].map((caller) => ({ caller, own: caller.own }))
    this.#due.clear()
    const added = due.map(({ caller, own }) => ({
      caller: caller.name,
      count: own - caller.shared,
    }))
    // Noted before it is known: what may have been counted must not be counted twice.
    for (const { caller, own } of due) caller.shared = own
    const totals = await this.#share(this.#windowStart, added)
    for (const { caller, own } of due) {
      caller.others = Math.max(caller.others, (totals.get(caller.name) ?? 0) - own)
    }
  }
}
