import type { Logger } from 'pino'
import type { Db } from '../database/db.ts'
import { describe } from '../database/errors.ts'
import { merchantMoving } from '../http/answers/failures.ts'
import { type Refusal, refuse } from '../http/answers/refusal.ts'
import { type Loop, startLoop } from '../jobs/loop.ts'
import { listStopped, type StoppedMerchant } from './stopped-merchants.sql.ts'

/**
 * How often a process reads which merchants are not served here, in milliseconds. `hedge merchants move`
 * waits for longer before it relies on it (`moves/move.ts`).
 */
export const stoppedReadMs = 200

/** An older list is read again before a request is answered. A move waits for longer. */
const recentMs = 2 * stoppedReadMs

/**
 * The merchants that this process does not serve: they are moving to another cell, or have moved. It spares
 * their requests the way to the database. What keeps their writes out is the guard there. Reads depend on the
 * list: so one that is not recent, for example because the process has paused, is read again first.
 */
export class StoppedMerchants {
  readonly #db: Db
  #stopped: ReadonlyMap<string, StoppedMerchant> = new Map()
  #readAtMs = Number.NEGATIVE_INFINITY
  #reading: Promise<void> | null = null

  constructor(db: Db) {
    this.#db = db
  }

  /** Reads the list. Callers share a statement. */
  async read(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null
    })
    await this.#reading
  }

  async #read(): Promise<void> {
    const startedMs = performance.now()
    const rows = await listStopped(this.#db)
    this.#stopped = new Map(rows.map((row) => [row.merchantId, row]))
    this.#readAtMs = startedMs
  }

  /** Whether the list is so old that a merchant may have moved since. Then read it first. */
  get isOutdated(): boolean {
    return performance.now() - this.#readAtMs > recentMs
  }

  /** Reads the list again and again. */
  start(log: Logger): Loop {
    return startLoop({
      turn: async () => {
        await this.read()
        return false
      },
      idleMs: stoppedReadMs,
      onError: (error) =>
        log.error({ err: describe(error) }, 'reading the merchants that move failed'),
    })
  }

  /** The 503 of a merchant that is not served here; `null`: it is. */
  refusalOf(merchantId: string): Refusal | null {
    const stopped = this.#stopped.get(merchantId)
    if (!stopped) return null
    return stopped.hasMoved ? merchantMoved(stopped.otherUrl) : merchantMoving()
  }

  /** Whether some merchant has moved from here. */
  get hasMoved(): boolean {
    return [...this.#stopped.values()].some(({ hasMoved }) => hasMoved)
  }

  /** Where a merchant has moved; `null`: it has not, or the address is unknown. */
  newUrlOf(merchantId: string): string | null {
    const stopped = this.#stopped.get(merchantId)
    return stopped?.hasMoved ? stopped.otherUrl : null
  }
}

function merchantMoved(url: string | null): Refusal {
  const message =
    url === null
      ? 'The merchant has moved to another cell. Ask the operator for its address.'
      : `The merchant has moved to ${url}. Send the request there.`
  return {
    ...refuse('merchant_moved', message, { api_url: url }),
    headers: { 'retry-after': '1' },
  }
}
