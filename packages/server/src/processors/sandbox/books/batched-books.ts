import { isCluster } from '../../../database/cluster/cluster.ts'
import type { Db } from '../../../database/db.ts'
import { isStatementRefused } from '../../../database/errors.ts'
import { retryConflicts } from '../../../database/retry.ts'
import { Batcher } from '../../../jobs/batcher.ts'
import { orAlone } from '../../../metrics/alone.ts'
import { watchBatcher } from '../../../metrics/saturation.ts'
import { currentSpan } from '../../../tracing/spans.ts'
import { inBatchSpan } from '../../../tracing/statements.ts'
import { bookName } from './books.sql.ts'
import { authorizeFirst, captureFirst, type FirstCall } from './first-calls.sql.ts'

/** Calls per transaction, concurrent transactions, and calls that may wait. */
const limits = { sizeMax: 128, inFlightMax: 2, waitingMax: 5_000 }

/** A call that waits for its batch, with the span of its request where requests are traced. */
type BatchedCall = FirstCall & { readonly origin: ReturnType<typeof currentSpan> }

/** The books of the sandbox for concurrent calls, which share a transaction. */
export class BatchedBooks {
  readonly #authorizations: Batcher<BatchedCall, boolean>
  readonly #captures: Batcher<BatchedCall, boolean>

  constructor(db: Db) {
    this.#authorizations = batcherOf(db, 'sandbox authorizations', authorizeFirst)
    this.#captures = batcherOf(db, 'sandbox captures', captureFirst)
  }

  /** Authorizes a payment that the sandbox does not know. `false`: the call does not fit, and nothing was done. */
  async authorize(call: FirstCall): Promise<boolean> {
    const running = this.#authorizations.submit({ ...call, origin: currentSpan() })
    return await orAlone('sandbox authorizations', running, false)
  }

  /** Captures an authorized payment. `false`: the call does not fit, and nothing was done. */
  async capture(call: FirstCall): Promise<boolean> {
    const running = this.#captures.submit({ ...call, origin: currentSpan() })
    return await orAlone('sandbox captures', running, false)
  }
}

function batcherOf(
  db: Db,
  name: string,
  make: typeof authorizeFirst,
): Batcher<BatchedCall, boolean> {
  const batcher = new Batcher<BatchedCall, boolean>({
    run: async (calls) => {
      const made = await inBatchSpan(name, calls, () => retryConflicts(() => make(db, calls)))
      return calls.map((_, i) => made.has(i + 1))
    },
    namesOf: ({ entry }) => [bookName(entry.merchant_id, entry.payment_id)],
    isCausedByEntry: isStatementRefused,
    groupOf: ({ entry }) => (isCluster(db) ? entry.merchant_id : ''),
    ...limits,
  })
  watchBatcher(name, () => batcher.waiting)
  return batcher
}
