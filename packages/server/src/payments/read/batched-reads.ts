import { isCluster } from '../../database/cluster/cluster.ts'
import type { Database } from '../../database/connect.ts'
import { isStatementRefused } from '../../database/errors.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { accountKey } from '../../domain/account.ts'
import { Batcher } from '../../jobs/batcher.ts'
import { watchBatcher } from '../../metrics/saturation.ts'
import { currentSpan } from '../../tracing/spans.ts'
import { inBatchSpan } from '../../tracing/statements.ts'
import { PaymentReader, type ReadEntry } from './read-payments.sql.ts'

/** A read that waits for its batch, with the span of its request where requests are traced. */
type BatchedRead = ReadEntry & { readonly origin: ReturnType<typeof currentSpan> }

/** Reads per statement, concurrent statements, and reads that may wait. */
const limits = { sizeMax: 128, inFlightMax: 2, waitingMax: 5_000 }

/**
 * Reads payments. Concurrent reads share a statement, which begins after all of them have arrived: so each
 * sees what was acknowledged before it was sent.
 */
export class BatchedReads {
  readonly #batcher: Batcher<BatchedRead, PaymentRow | undefined>

  constructor({ db, pool }: Pick<Database, 'db' | 'pool'>) {
    const inCluster = isCluster(db)
    const reader = new PaymentReader({ pool, isCluster: inCluster })
    this.#batcher = new Batcher<BatchedRead, PaymentRow | undefined>({
      run: (entries) => inBatchSpan('read payments', entries, () => reader.read(entries)),
      namesOf: () => [],
      isCausedByEntry: isStatementRefused,
      groupOf: inCluster ? ({ account }) => accountKey(account) : undefined,
      ...limits,
    })
    watchBatcher('reads', () => this.#batcher.waiting)
  }

  /** The payment; `undefined`: there is none with this id in this merchant and mode. */
  async read(entry: ReadEntry): Promise<PaymentRow | undefined> {
    return await this.#batcher.submit({ ...entry, origin: currentSpan() })
  }
}
