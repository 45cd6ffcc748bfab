import type { Budget } from '../request/auth.ts'

/** The values of the X-RateLimit headers. */
export interface RateLimit {
  readonly limit: number
  readonly remaining: number
  /** Unix seconds at which the next window begins. */
  readonly reset: number
  readonly exceeded: boolean
}

/** Requests of one caller in a window. */
export interface Counted {
  readonly caller: string
  readonly count: number
}

/**
 * Adds counts to those of all processes in the window that begins at `windowStartMs`. Returns the
 * totals by caller.
 */
export type ShareCounts = (
  windowStartMs: number,
  added: readonly Counted[],
) => Promise<ReadonlyMap<string, number>>

/** Requests of a caller in the current window. */
interface CallerCount {
  readonly name: string
  /** Counted by this process. */
  own: number
  /** The part of `own` that other processes know. */
  shared: number
  /** Counted by other processes, as of the last exchange. */
  others: number
}

/** Limits are requests per minute. */
const windowMs = 60_000
/** Callers with a count. Beyond it the oldest count is dropped, which bounds the memory. */
const callersMax = 100_000
/** A process does not share a caller's count below this part of the caller's limit. */
const unsharedPart = 1 / 50

/**
 * Counts the requests of each caller in fixed windows of one minute. With `share`, it adds the counts
 * of other processes; `exchange` reads them periodically, so no request waits for them.
 *
 * n processes together admit at most n / 50 of the limit more, which each may leave unshared, plus
 * what arrives within two exchanges. Without exchanges each process counts alone: n times the limit.
 */
export class RateLimiter {
  readonly #share: ShareCounts | null
  #windowStart = 0
  #callers = new Map<string, CallerCount>()
  /** Callers whose counts the next exchange shares. */
  #due = new Set<CallerCount>()

  constructor(share: ShareCounts | null = null) {
    this.#share = share
  }

  /** Counts one request of `caller`, and returns the caller's rate limit with it. */
  count({ caller, limit, nowMs }: { caller: string; limit: number; nowMs: number }): RateLimit {
    const windowStart = nowMs - (nowMs % windowMs)
    if (windowStart !== this.#windowStart) {
      this.#windowStart = windowStart
      this.#callers.clear()
      this.#due.clear()
    }
    let counted = this.#callers.get(caller)
    if (!counted) {
      if (this.#callers.size >= callersMax) this.#dropOldest()
      counted = { name: caller, own: 0, shared: 0, others: 0 }
      this.#callers.set(caller, counted)
    }
    const count = ++counted.own + counted.others
    const exceeded = count > limit
    // A caller above its limit stays refused until the window ends: its count need not be shared.
    if (this.#share && !exceeded && counted.own >= limit * unsharedPart) this.#due.add(counted)
    return {
      limit,
      remaining: Math.max(0, limit - count),
      reset: (windowStart + windowMs) / 1000,
      exceeded,
    }
  }

  /** Subtracts a request that was counted in the current window. */
  uncount({ caller, nowMs }: { caller: string; nowMs: number }): void {
    if (nowMs - (nowMs % windowMs) !== this.#windowStart) return
    const counted = this.#callers.get(caller)
    if (counted && counted.own > 0) counted.own--
  }

  #dropOldest(): void {
    const [oldest] = this.#callers
    if (!oldest) return
    this.#callers.delete(oldest[0])
    this.#due.delete(oldest[1])
  }

  /**
   * Counts one request in each budget, nearest first, and returns the tightest limit. Stops at the
   * first budget that is exceeded: a refused request does not use the budgets above it.
   *
   * @throws {Error} without a budget, which is a bug.
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

  /** Returns a caller's rate limit without counting. `exceeded`: one more request would exceed it. */
  peek({ caller, limit, nowMs }: { caller: string; limit: number; nowMs: number }): RateLimit {
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

  /** Shares the requests counted since the last exchange, and reads the counts of other processes. */
  async exchange(): Promise<void> {
    if (!this.#share || this.#due.size === 0) return
    const due = [...this.#due].map((caller) => ({ caller, own: caller.own }))
    this.#due.clear()
    const added = due.map(({ caller, own }) => ({
      caller: caller.name,
      count: own - caller.shared,
    }))
    // Before the statement: if its outcome is unknown, the requests must not be counted twice.
    for (const { caller, own } of due) caller.shared = own
    const totals = await this.#share(this.#windowStart, added)
    for (const { caller, own } of due) {
      caller.others = Math.max(caller.others, (totals.get(caller.name) ?? 0) - own)
    }
  }
}
