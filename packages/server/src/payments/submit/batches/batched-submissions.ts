import { isCluster } from '../../../database/cluster/cluster.ts'
import { commitStatement } from '../../../database/commit.ts'
import { isStatementRefused } from '../../../database/errors.ts'
import type { PaymentRow } from '../../../database/schema.ts'
import type { Statements } from '../../../database/statements/prepared.ts'
import { type Account, accountKey, accountOf } from '../../../domain/account.ts'
import type { FailpointCommit } from '../../../failpoints.ts'
import { Batcher } from '../../../jobs/batcher.ts'
import { orAlone } from '../../../metrics/alone.ts'
import { watchBatcher } from '../../../metrics/saturation.ts'
import { currentSpan } from '../../../tracing/spans.ts'
import { inBatchSpan } from '../../../tracing/statements.ts'
import {
  type BegunSubmission,
  beginSubmissions,
  type FirstSubmission,
} from './begin-submissions.sql.ts'
import { type FirstAuthorization, recordAuthorizations } from './record-authorizations.sql.ts'

/** Entries per statement, concurrent statements, and entries that may wait. */
const limits = { sizeMax: 128, inFlightMax: 2, waitingMax: 5_000 }

/**
 * The two steps that nearly every payment takes at its processor: its first submission, and its authorization.
 * Concurrent ones share a statement. One that does not fit is left out, and takes its step alone.
 */
export class BatchedSubmissions {
  readonly #begins: Batcher<Batched<FirstSubmission>, BegunSubmission | undefined>
  readonly #records: Batcher<Batched<FirstAuthorization>, PaymentRow | undefined>

  constructor(statements: Statements) {
    this.#begins = batcherOf(statements, {
      name: 'submissions',
      commit: 'submission',
      run: beginSubmissions,
      accountOf: ({ account }) => account,
      namesOf: ({ account, paymentId, idempotency }) => [
        `${accountKey(account)} ${paymentId}`,
        ...(idempotency ? [`${accountKey(account)} key ${idempotency.key}`] : []),
      ],
    })
    this.#records = batcherOf(statements, {
      name: 'authorizations',
      commit: 'authorization',
      run: recordAuthorizations,
      accountOf: ({ row }) => accountOf(row),
      namesOf: ({ row }) => [`${accountKey(accountOf(row))} ${row.id}`],
    })
  }

  /** Records a first submission. `undefined`: it does not fit, and nothing was done. */
  async begin(entry: FirstSubmission): Promise<BegunSubmission | undefined> {
    const running = this.#begins.submit({ ...entry, origin: currentSpan() })
    return await orAlone('submissions', running, undefined)
  }

  /** Records a first authorization. `undefined`: it does not fit, and nothing was done. */
  async record(entry: FirstAuthorization): Promise<PaymentRow | undefined> {
    const running = this.#records.submit({ ...entry, origin: currentSpan() })
    return await orAlone('authorizations', running, undefined)
  }
}

/** An entry that waits for its batch, with the span of its request where requests are traced. */
type Batched<Entry> = Entry & { readonly origin: ReturnType<typeof currentSpan> }

function batcherOf<Entry, Result>(
  statements: Statements,
  given: {
    readonly name: string
    readonly commit: FailpointCommit
    readonly run: (
      statements: Statements,
      entries: readonly Entry[],
    ) => Promise<(Result | undefined)[]>
    readonly accountOf: (entry: Entry) => Account
    readonly namesOf: (entry: Entry) => string[]
  },
): Batcher<Batched<Entry>, Result | undefined> {
  const batcher = new Batcher<Batched<Entry>, Result | undefined>({
    run: (entries) =>
      inBatchSpan(given.name, entries, () =>
        commitStatement(
          given.commit,
          () => given.run(statements, entries),
          (results) => results.some((result) => result !== undefined),
        ),
      ),
    namesOf: given.namesOf,
    isCausedByEntry: isStatementRefused,
    groupOf: (entry) => (isCluster(statements.db) ? accountKey(given.accountOf(entry)) : ''),
    ...limits,
  })
  watchBatcher(given.name, () => batcher.waiting)
  return batcher
}
