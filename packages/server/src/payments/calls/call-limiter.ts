import { setTimeout as sleep } from 'node:timers/promises'
import { type Account, accountKey } from '../../domain/account.ts'
import type { AccountUsage, JobOwner } from '../../jobs/limiter.ts'
import { ScanningLimiter } from '../../jobs/scanning-limiter.ts'
import type { TaskShares } from '../tasks/task-shares.sql.ts'
import { CallWindow, type EndedCall, startCalls } from './call-window.ts'

/** The calls of a process are at most those of so many processor accounts at their ceiling. */
const accountsMax = 4
/** Accounts whose processor is remembered. The others start again with a small window. */
const rememberedMax = 1_000
/** A shorter wait is not worth a timer. */
const waitMsMin = 2
/** A claim takes at most so many tasks. The loop claims again at once. */
const claimMax = 64
/** A claim is worth its cost once so much of the window is free. */
const claimShare = 8

/**
 * Limits concurrent calls to processors: in total, for test mode, and by processor account as each
 * account allows (`CallWindow`). Merchants that share a processor account share its window: those with
 * the fewest calls come first. Each account has its own window, so a slow one slows no other.
 */
export class CallLimiter extends ScanningLimiter {
  readonly #ceiling: number
  readonly #nowMs: () => number
  /** By processor account; before the first call of a merchant, by the merchant's own key. */
  readonly #windows = new Map<string, CallWindow>()
  /** The processor account of each merchant and mode, the latest last. */
  readonly #processorAccounts = new Map<string, { account: Account; id: string }>()
  readonly #windowsOfTasks = new WeakMap<JobOwner, CallWindow>()

  /** @param limits the calls of one processor account, at least 1, and the clock of the calls. */
  constructor({ ceiling, nowMs }: { ceiling: number; nowMs: () => number }) {
    const totalMax = accountsMax * ceiling
    super({ totalMax, testMax: totalMax - ceiling, perAccountMax: ceiling })
    this.#ceiling = ceiling
    this.#nowMs = nowMs
  }

  /** How many tasks the next claim may take. */
  get claimable(): number {
    return Math.min(this.available, claimMax)
  }

  /** The limits of the next claim. */
  get shares(): TaskShares {
    const counts = new Map(this.usage.map((usage) => [accountKey(usage), usage]))
    for (const { account } of this.#processorAccounts.values()) {
      const key = accountKey(account)
      if (!counts.has(key)) counts.set(key, { ...account, count: 0 })
    }
    const accounts = [...counts.values()].map((usage) => {
      const id = this.#idOf(usage)
      const available = this.#windows.get(id)?.available ?? Math.min(startCalls, this.#ceiling)
      return { ...usage, window: id, available }
    })
    const startMax = Math.min(startCalls, this.#ceiling)
    return { startMax, testAvailable: this.testAvailable, accounts }
  }

  override acquire(task: JobOwner): void {
    const window = this.#windowOf(this.#idOf(accountOf(task)))
    window.begin(this.#nowMs())
    this.#windowsOfTasks.set(task, window)
    super.acquire(task)
  }

  override release(task: JobOwner): void {
    this.#windowsOfTasks.get(task)?.end(this.#nowMs())
    super.release(task)
  }

  /** Waits until a task may make its first call: the calls of an account do not begin all at once. */
  async turn(task: JobOwner): Promise<void> {
    const nowMs = this.#nowMs()
    const waitMs = (this.#windowsOfTasks.get(task)?.turn(nowMs) ?? nowMs) - nowMs
    if (waitMs >= waitMsMin) await sleep(waitMs)
  }

  /** Adjusts the window of a processor account after a call. */
  record(account: Account, processorAccount: string, call: EndedCall): void {
    this.#remember(account, processorAccount)
    this.#windowOf(processorAccount).record(call)
  }

  /** Whether enough of the window of a task is free for another claim. */
  isClaimWorthwhile(task: JobOwner): boolean {
    const window = this.#windowOf(this.#idOf(accountOf(task)))
    return window.available * claimShare >= window.size
  }

  protected override isAtLimit(usage: AccountUsage): boolean {
    return (this.#windows.get(this.#idOf(usage))?.available ?? 1) <= 0
  }

  #idOf(account: Account): string {
    const key = accountKey(account)
    return this.#processorAccounts.get(key)?.id ?? key
  }

  #windowOf(id: string): CallWindow {
    const existing = this.#windows.get(id)
    if (existing) return existing
    const created = new CallWindow(this.#ceiling)
    this.#windows.set(id, created)
    return created
  }

  /** The window that a merchant's first calls had becomes that of the processor account. */
  #remember(account: Account, id: string): void {
    const key = accountKey(account)
    const first = this.#windows.get(key)
    if (first && !this.#windows.has(id)) this.#windows.set(id, first)
    this.#windows.delete(key)
    this.#processorAccounts.delete(key)
    this.#processorAccounts.set(key, { account, id })
    if (this.#processorAccounts.size > rememberedMax) this.#forgetOldest()
  }

  #forgetOldest(): void {
    const [oldest] = this.#processorAccounts
    if (!oldest) return
    const [key, { id }] = oldest
    this.#processorAccounts.delete(key)
    const isShared = [...this.#processorAccounts.values()].some((other) => other.id === id)
    if (!isShared) this.#windows.delete(id)
  }
}

function accountOf({ merchant_id: merchantId, livemode }: JobOwner): Account {
  return { merchantId, livemode }
}
