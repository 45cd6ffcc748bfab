/** Buckets grow by this factor, so a quantile is right within five percent. */
const growth = 1.05

/** Counts latencies in buckets, so its size does not depend on their number. */
export class Latencies {
  readonly #counts = new Map<number, number>()
  #count = 0
  #maxMs = 0

  add(ms: number): void {
    const bucket = Math.ceil(Math.log(Math.max(ms, 0.01)) / Math.log(growth))
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1)
    this.#count++
    this.#maxMs = Math.max(this.#maxMs, ms)
  }

  get count(): number {
    return this.#count
  }

  /** In milliseconds, to a tenth. */
  get max(): number {
    return toTenth(this.#maxMs)
  }

  /** The latency that a share of all does not exceed, in milliseconds; 0: there is none. */
  quantile(share: number): number {
    let left = Math.ceil(share * this.#count)
    for (const [bucket, count] of [...this.#counts].sort(([a], [b]) => a - b)) {
      left -= count
      if (left <= 0) return toTenth(Math.min(this.#maxMs, growth ** bucket))
    }
    return 0
  }
}

const toTenth = (ms: number) => Math.round(ms * 10) / 10
