import type { SaturatedAccounts, TaskShares } from '../tasks/claim-tasks.sql.ts'
import type { ClaimedTask } from '../tasks/claimed-tasks.sql.ts'

/** Concurrent calls to processors of one process. The calls wait more than they compute. */
const callsMax = 20
/** Calls of one account, so that a processor that is slow for one merchant does not block the others. */
const perAccountMax = 8
/** Calls of test mode, so that live mode can always make as many calls as one account may. */
const testMax = callsMax - perAccountMax
/** A scan past saturated accounts reads their whole backlog, so it may use a tenth of the time at most. */
const scanPauseFactor = 10

type AccountUsage = TaskShares['running'][number]

/**
 * Limits concurrent processor calls of this process: in total, per account (merchant and mode), and
 * for test mode.
 */
export class CallLimiter {
  readonly #running = new Map<string, AccountUsage>()
  /** Accounts at their limit since the last scan. Their tasks may hide those of other accounts. */
  readonly #saturated = new Map<string, AccountUsage>()
  #total = 0
  #test = 0
  #nextScanMs = 0

  /** How many more calls may begin. */
  get available(): number {
    return callsMax - this.#total
  }

  get shares(): TaskShares {
    const running = [...this.#running.values()]
    return { perAccountMax, testAvailable: testMax - this.#test, running }
  }

  /**
   * Claims tasks of accounts below their limit that are queued behind tasks of saturated accounts. Call
   * it before other claims, so that these accounts get the next free calls. Returns nothing until the
   * pause after the last scan has ended.
   */
  async claimBehindSaturated<T>(claim: (skip: SaturatedAccounts) => Promise<T[]>): Promise<T[]> {
    const accounts = [...this.#saturated.values()]
    const startedMs = performance.now()
    if (this.available <= 0 || accounts.length === 0 || startedMs < this.#nextScanMs) return []
    const tasks = await claim({ accounts, isTest: this.#test >= testMax })
    const endedMs = performance.now()
    this.#nextScanMs = endedMs + scanPauseFactor * (endedMs - startedMs)
    this.#saturated.clear()
    this.#recordSaturated()
    return tasks
  }

  acquire(task: ClaimedTask): void {
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
    this.#recordSaturated()
  }

  #recordSaturated(): void {
    for (const [name, account] of this.#running) {
      const isFull = this.available <= 0 || (!account.livemode && this.#test >= testMax)
      if (isFull || account.count >= perAccountMax) this.#saturated.set(name, account)
    }
  }
}
