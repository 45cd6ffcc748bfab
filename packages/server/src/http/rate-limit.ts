/** What the X-RateLimit headers say. */
export interface RateLimit {
  readonly limit: number
  readonly remaining: number
  /** Unix seconds at which the next window begins. */
  readonly reset: number
  readonly exceeded: boolean
}

/** Source: the vendor counts by the minute. */
const windowMs = 60_000
/** Callers counted at once. Above it the window starts anew for all: memory stays bounded. */
const callersMax = 100_000

/** Counts the requests of each caller in fixed windows of a minute. */
export class RateLimiter {
  #windowStart = 0
  #counts = new Map<string, number>()

  /** Counts one request of `caller` and says where that leaves it. */
  count({ caller, limit, nowMs }: { caller: string; limit: number; nowMs: number }): RateLimit {
    const windowStart = nowMs - (nowMs % windowMs)
    if (windowStart !== this.#windowStart || this.#counts.size >= callersMax) {
      this.#windowStart = windowStart
      this.#counts.clear()
    }
    const count = (this.#counts.get(caller) ?? 0) + 1
    this.#counts.set(caller, count)
    return {
      limit,
      remaining: Math.max(0, limit - count),
      reset: (windowStart + windowMs) / 1000,
      exceeded: count > limit,
    }
  }
}
