import type { Account } from '../domain/account.ts'
import { accountKey } from '../domain/account.ts'
import { type AccountUsage, ConcurrencyLimiter, type JobOwner } from './limiter.ts'

/** A scan past saturated accounts reads their whole backlog, so it may use a tenth of the time at most. */
const scanPauseFactor = 10

/** Whose jobs a claim skips. */
export interface SkippedAccounts {
  readonly accounts: readonly Account[]
  /** Skips all jobs of test mode. */
  readonly isTestSkipped: boolean
}

/**
 * A limiter for queues whose claim reads the earliest due jobs of all accounts. The backlog of a
 * saturated account hides the jobs of other accounts from that claim; a scan finds them.
 */
export class ScanningLimiter extends ConcurrencyLimiter {
  /** Accounts that reached a limit since the last scan. */
  readonly #saturatedSinceScan = new Map<string, AccountUsage>()
  #nextScanMs = 0

  override acquire(job: JobOwner): void {
    super.acquire(job)
    this.#recordSaturated()
  }

  override release(job: JobOwner): void {
    super.release(job)
    this.#recordSaturated()
  }

  /**
   * Claims jobs of accounts below their limits that are queued behind saturated accounts. Call it
   * before the normal claim: capacity that has become free goes to these accounts first. Returns no
   * jobs if no account was saturated since the last scan, or if the last scan ended too recently.
   */
  async claimBehindSaturated<T>(claim: (skip: SkippedAccounts) => Promise<T[]>): Promise<T[]> {
    const accounts = [...this.#saturatedSinceScan.values()]
    const startedMs = performance.now()
    if (this.available <= 0 || accounts.length === 0 || startedMs < this.#nextScanMs) return []
    const jobs = await claim({ accounts, isTestSkipped: this.testAvailable <= 0 })
    const endedMs = performance.now()
    this.#nextScanMs = endedMs + scanPauseFactor * (endedMs - startedMs)
    this.#saturatedSinceScan.clear()
    this.#recordSaturated()
    return jobs
  }

  #recordSaturated(): void {
    for (const usage of this.saturated) this.#saturatedSinceScan.set(accountKey(usage), usage)
  }
}
