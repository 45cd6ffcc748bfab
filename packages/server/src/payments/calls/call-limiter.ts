import type { PassedOver, Shares } from '../tasks/claim-tasks.sql.ts'
import type { ClaimedTask } from '../tasks/claimed-tasks.sql.ts'

/** Calls to processors at once, of one process: they wait more than they work. */
const callsMax = 20
/** Of one merchant and mode: a processor that is slow for one of them leaves room for the others. */
const perAccountMax = 8
/** Of test mode altogether: whatever is tried there, real money finds room for as many calls. */
const testMax = callsMax - perAccountMax
/** A look behind the backlog of those who have their share: so many times as long until the next. */
const pauseTimes = 10

type Taken = Shares['taken'][number]

/** How many calls to processors this process makes at once, and for whom. */
export class CallRoom {
  readonly #running = new Map<string, Taken>()
  /** Who has had their share since others were last looked for: all of it, or what room there was. */
  readonly #satisfied = new Map<string, Taken>()
  #total = 0
  #test = 0
  #lookBehindFromMs = 0

  /** How many more calls may begin. */
  get left(): number {
    return callsMax - this.#total
  }

  get shares(): Shares {
    const taken = [...this.#running.values()]
    return { perAccount: perAccountMax, testLeft: testMax - this.#test, taken }
  }

  /**
   * Looks for the tasks of others behind those of whoever has had their share, where there are such:
   * before anything else, so that room which has become free is theirs first. What is passed over is
   * read all the same, and may be long. So it takes a tenth of the time at most, rather than all of
   * it, once for each call that ends.
   */
  async lookBehind<T>(claim: (passedOver: PassedOver) => Promise<T[]>): Promise<T[]> {
    const accounts = [...this.#satisfied.values()]
    const startedMs = performance.now()
    if (this.left <= 0 || accounts.length === 0 || startedMs < this.#lookBehindFromMs) return []
    const found = await claim({ accounts, isTest: this.#test >= testMax })
    const endedMs = performance.now()
    this.#lookBehindFromMs = endedMs + pauseTimes * (endedMs - startedMs)
    this.#satisfied.clear()
    this.#noteSatisfied()
    return found
  }

  take(task: ClaimedTask): void {
    this.#count(task, 1)
  }

  release(task: ClaimedTask): void {
    this.#count(task, -1)
  }

  #count({ merchant_id: merchantId, livemode }: ClaimedTask, more: 1 | -1): void {
    const name = `${merchantId} ${livemode}`
    const account = { merchantId, livemode, count: (this.#running.get(name)?.count ?? 0) + more }
    if (account.count > 0) this.#running.set(name, account)
    else this.#running.delete(name)
    this.#total += more
    if (!livemode) this.#test += more
    this.#noteSatisfied()
  }

  #noteSatisfied(): void {
    for (const [name, account] of this.#running) {
      const isFull = this.left <= 0 || (!account.livemode && this.#test >= testMax)
      if (isFull || account.count >= perAccountMax) this.#satisfied.set(name, account)
    }
  }
}
