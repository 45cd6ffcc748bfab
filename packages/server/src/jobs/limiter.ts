import { type Account, accountKey } from '../domain/account.ts'

/** How many jobs of a kind one process runs at the same time. */
export interface ConcurrencyLimits {
  readonly totalMax: number
  /** Jobs of test mode, of all merchants: the rest of `totalMax` is for live mode. */
  readonly testMax: number
  /** Jobs of one merchant in one mode: slow jobs of one merchant leave capacity for the others. */
  readonly perAccountMax: number
}

/** Whose job it is: the columns that every row of a queue has. */
export interface JobOwner {
  readonly merchant_id: string
  readonly livemode: boolean
}

/** The jobs in progress of a merchant and mode. */
export interface AccountUsage extends Account {
  readonly count: number
}

/** Limits concurrent jobs of this process: in total, per merchant and mode, and for test mode. */
export class ConcurrencyLimiter {
  readonly #limits: ConcurrencyLimits
  readonly #usage = new Map<string, AccountUsage>()
  #total = 0
  #test = 0

  constructor(limits: ConcurrencyLimits) {
    this.#limits = limits
  }

  /** How many more jobs may start. */
  get available(): number {
    return this.#limits.totalMax - this.#total
  }

  /** How many more jobs of test mode may start, apart from the total limit. */
  get testAvailable(): number {
    return this.#limits.testMax - this.#test
  }

  /** Accounts with jobs in progress. */
  get usage(): readonly AccountUsage[] {
    return [...this.#usage.values()]
  }

  /** Accounts that can start no job now, because a limit that applies to them is reached. */
  get saturated(): readonly AccountUsage[] {
    if (this.available <= 0) return this.usage
    const isTestSaturated = this.testAvailable <= 0
    return this.usage.filter(
      (usage) => this.isAtLimit(usage) || (!usage.livemode && isTestSaturated),
    )
  }

  /** Whether an account has reached its own limit. */
  protected isAtLimit({ count }: AccountUsage): boolean {
    return count >= this.#limits.perAccountMax
  }

  /** The number of jobs in progress of a merchant and mode. */
  countOf({ merchant_id: merchantId, livemode }: JobOwner): number {
    return this.#usage.get(accountKey({ merchantId, livemode }))?.count ?? 0
  }

  /** Counts a job that starts. */
  acquire(job: JobOwner): void {
    this.#add(job, 1)
  }

  /** Stops counting a job that has ended. */
  release(job: JobOwner): void {
    this.#add(job, -1)
  }

  #add({ merchant_id: merchantId, livemode }: JobOwner, more: 1 | -1): void {
    this.#total += more
    if (!livemode) this.#test += more
    const key = accountKey({ merchantId, livemode })
    const count = (this.#usage.get(key)?.count ?? 0) + more
    if (count > 0) this.#usage.set(key, { merchantId, livemode, count })
    else this.#usage.delete(key)
  }
}
