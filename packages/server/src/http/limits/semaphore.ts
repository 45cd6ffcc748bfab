import type { Account } from '../../domain/account.ts'
import type { Auth } from '../request/auth.ts'

/** One of the limits that a permit counts against. */
export interface SemaphoreLimit {
  readonly name: string
  readonly max: number
}

/** Permits that are in use until they are released. */
export interface Permits {
  /** Acquires more permits. Returns `false`, and acquires none, when they would exceed a limit. */
  grow(amount: number): boolean
  /** Returns all permits. Further calls have no effect. */
  release(): void
}

/**
 * A counting semaphore with limits at several levels: of the process, of test mode, of a merchant, of
 * a key. Its permits are what callers share: streams, bytes, connections. A permit counts against
 * every limit of its caller. Acquiring is synchronous, so concurrent requests cannot all get the last
 * permit.
 */
export class Semaphore {
  readonly #used = new Map<string, number>()

  /** Acquires permits under all the limits. Returns `null` when they would exceed one. */
  tryAcquire(limits: readonly SemaphoreLimit[], amount = 1): Permits | null {
    if (!this.#isAvailable(limits, amount)) return null
    return this.acquire(limits, amount)
  }

  /** Acquires permits even above a limit, for what can no longer be refused. */
  acquire(limits: readonly SemaphoreLimit[], amount = 1): Permits {
    this.#add(limits, amount)
    let acquired = amount
    let isReleased = false
    return {
      grow: (more) => {
        if (isReleased || !this.#isAvailable(limits, more)) return false
        this.#add(limits, more)
        acquired += more
        return true
      },
      release: () => {
        if (isReleased) return
        isReleased = true
        this.#add(limits, -acquired)
      },
    }
  }

  /** Permits in use that count against a limit. */
  used(name: string): number {
    return this.#used.get(name) ?? 0
  }

  /** An amount above a limit is available while no other permit is in use; else it would never be. */
  #isAvailable(limits: readonly SemaphoreLimit[], amount: number): boolean {
    return limits.every(({ name, max }) => {
      const used = this.used(name)
      return used + amount <= max || (used === 0 && amount > 1)
    })
  }

  #add(limits: readonly SemaphoreLimit[], amount: number): void {
    for (const { name } of limits) {
      const used = this.used(name) + amount
      if (used > 0) this.#used.set(name, used)
      else this.#used.delete(name)
    }
  }
}

/** The most permits at each level. A level that is absent has no limit. */
export interface Shares {
  readonly total: number
  /** All callers without a key together, and those of one address. */
  readonly anonymous?: number
  readonly address?: number
  /** All of test mode. */
  readonly test: number
  /** One merchant and mode. */
  readonly account: number
  readonly key?: number
  readonly session?: number
}

/**
 * The limits that a caller's permits count against.
 *
 * @param caller `auth` is `null` for a caller without a key; its `address` counts instead.
 */
export function limitsOf(
  { auth, address }: { auth: Auth | null; address: string },
  shares: Shares,
): SemaphoreLimit[] {
  const limits: SemaphoreLimit[] = [{ name: 'all', max: shares.total }]
  const add = (name: string, max: number | undefined) => {
    if (max !== undefined) limits.push({ name, max })
  }
  if (!auth) {
    add('anonymous', shares.anonymous)
    add(`address ${address}`, shares.address)
    return limits
  }
  if (!auth.livemode) add('test', shares.test)
  add(accountName(auth), shares.account)
  add(`key ${auth.keyId}`, shares.key)
  if (auth.byDashboard) add(auth.budgets[0]?.name ?? 'session', shares.session)
  return limits
}

/** The name of the limit of a merchant and mode. */
export function accountName(account: Account): string {
  return `account ${account.merchantId} ${account.livemode ? 'live' : 'test'}`
}
