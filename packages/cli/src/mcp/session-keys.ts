import { randomBytes } from 'node:crypto'
import { type Binding, hash } from './confirmations.ts'
import { forgetOldest } from './forget-oldest.ts'

/** Limit of refused changes in memory. */
const refusedMax = 1_000

/**
 * Idempotency keys for changes without a confirmation token. Within one MCP session the same change has
 * the same key, so a client that repeats a call does not act twice.
 */
export class SessionKeys {
  readonly #session = randomBytes(16).toString('hex')
  /** How often each change was refused. */
  readonly #refusals = new Map<string, number>()

  /** The idempotency key of a change. */
  keyOf(binding: Binding): string {
    const change = this.#hashOf(binding)
    return `mcp-${hash(`${change} ${this.#refusals.get(change) ?? 0}`)}`
  }

  /**
   * The API refused the change. The API stores refusals with their keys, so the next call needs another
   * key: it may succeed in a later state of the payment.
   */
  refused(binding: Binding): void {
    const change = this.#hashOf(binding)
    const count = (this.#refusals.get(change) ?? 0) + 1
    this.#refusals.delete(change)
    this.#refusals.set(change, count)
    // A forgotten refusal is replayed. It does not act.
    forgetOldest(this.#refusals, refusedMax)
  }

  #hashOf({ action, account, args }: Binding): string {
    return hash(JSON.stringify([this.#session, action, account, args]))
  }
}
