import { isCluster } from '../../database/cluster/cluster.ts'
import { commitStatement } from '../../database/commit.ts'
import type { Database } from '../../database/connect.ts'
import { isStatementRefused } from '../../database/errors.ts'
import { accountKey, accountOf } from '../../domain/account.ts'
import { Batcher } from '../../jobs/batcher.ts'
import { watchBatcher } from '../../metrics/saturation.ts'
import { currentSpan } from '../../tracing/spans.ts'
import { inBatchSpan } from '../../tracing/statements.ts'
import { type CreateEntry, type CreateOutcome, createsOf, insertPayments } from './create.sql.ts'

/** A create that waits for its batch, with the span of its request where requests are traced. */
type BatchedCreate = CreateEntry & { readonly origin: ReturnType<typeof currentSpan> }

/**
 * Creates per statement, concurrent statements, and creates that may wait: half a second at ten thousand a
 * second.
 */
const limits = { sizeMax: 128, inFlightMax: 2, waitingMax: 5_000 }

/** Inserts payments. Concurrent creates share a statement. */
export class BatchedCreates {
  readonly #batcher: Batcher<BatchedCreate, CreateOutcome>

  constructor(database: Database) {
    const session = createsOf(database.pool)
    this.#batcher = new Batcher<BatchedCreate, CreateOutcome>({
      run: (entries) =>
        inBatchSpan('create payments', entries, () =>
          commitStatement('create', () => insertPayments(session, entries)),
        ),
      namesOf: conflictNames,
      isCausedByEntry: isStatementRefused,
      groupOf: isCluster(database.db) ? ({ payment }) => accountKey(accountOf(payment)) : undefined,
      ...limits,
    })
    watchBatcher('creates', () => this.#batcher.waiting)
  }

  /** @throws {BatcherFullError} if too many creates wait; otherwise what the statement throws. */
  async insert(entry: CreateEntry): Promise<CreateOutcome> {
    const outcome = await this.#batcher.submit({ ...entry, origin: currentSpan() })
    if (!outcome) throw new Error('the merchant of a create does not exist')
    return outcome
  }
}

/** Creates with the same idempotency key are never in flight at the same time. */
function conflictNames({ payment, record }: CreateEntry): string[] {
  return record ? [`${accountKey(accountOf(payment))} ${record.key}`] : []
}
