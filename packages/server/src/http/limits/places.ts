import type { Auth } from '../request/auth.ts'

/** A node of a tree of limits: how many places may be taken below it. */
export interface PlaceLimit {
  readonly name: string
  readonly max: number
}

/** Places that are taken, until they are released. */
export interface Reservation {
  /** Takes more places; `false`: there are none left, and nothing was taken. */
  grow(amount: number): boolean
  /** Gives all places back. May be called again. */
  release(): void
}

/**
 * Places of a shared pool (streams, bytes, connections). A place counts against each limit on the way
 * from the whole pool to its caller. It is taken before anything is awaited, so that many requests
 * at once cannot all find the last one free.
 */
export class Places {
  readonly #taken = new Map<string, number>()

  /** Takes places under all limits or under none. `null`: one of the limits is reached. */
  reserve(limits: readonly PlaceLimit[], amount = 1): Reservation | null {
    if (!this.#hasRoom(limits, amount)) return null
    return this.take(limits, amount)
  }

  /** Takes places whatever is left: for what cannot be refused any more. */
  take(limits: readonly PlaceLimit[], amount = 1): Reservation {
    this.#add(limits, amount)
    let reserved = amount
    let isReleased = false
    return {
      grow: (more) => {
        if (isReleased || !this.#hasRoom(limits, more)) return false
        this.#add(limits, more)
        reserved += more
        return true
      },
      release: () => {
        if (isReleased) return
        isReleased = true
        this.#add(limits, -reserved)
      },
    }
  }

  /** How many places are taken under a limit. */
  taken(name: string): number {
    return this.#taken.get(name) ?? 0
  }

  /** What is larger than a limit alone gets through alone: nobody could ever have it otherwise. */
  #hasRoom(limits: readonly PlaceLimit[], amount: number): boolean {
    return limits.every(({ name, max }) => {
      const taken = this.taken(name)
      return taken + amount <= max || (taken === 0 && amount > 1)
    })
  }

  #add(limits: readonly PlaceLimit[], amount: number): void {
    for (const { name } of limits) {
      const taken = this.taken(name) + amount
      if (taken > 0) this.#taken.set(name, taken)
      else this.#taken.delete(name)
    }
  }
}

/** How the places of a pool are shared out. What is left out has no limit of its own. */
export interface Shares {
  readonly total: number
  /** All callers without a key, and each address of them. */
  readonly strangers?: number
  readonly address?: number
  /** All of test mode. */
  readonly test: number
  /** A merchant and mode. */
  readonly account: number
  readonly key?: number
  readonly session?: number
}

/** The limits on the way from the whole pool to a caller. `auth: null`: it has shown no key. */
export function limitsOf(
  { auth, address }: { auth: Auth | null; address: string },
  shares: Shares,
): PlaceLimit[] {
  const limits: PlaceLimit[] = [{ name: 'all', max: shares.total }]
  const add = (name: string, max: number | undefined) => {
    if (max !== undefined) limits.push({ name, max })
  }
  if (!auth) {
    add('strangers', shares.strangers)
    add(`address ${address}`, shares.address)
    return limits
  }
  if (!auth.livemode) add('test', shares.test)
  add(accountName(auth), shares.account)
  add(`key ${auth.keyId}`, shares.key)
  if (auth.byDashboard) add(auth.budgets[0]?.name ?? 'session', shares.session)
  return limits
}

/** A merchant and mode, as the name of a limit. */
export function accountName(account: { merchantId: string; livemode: boolean }): string {
  return `account ${account.merchantId} ${account.livemode ? 'live' : 'test'}`
}
