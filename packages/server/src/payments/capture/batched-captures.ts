import { isCluster } from '../../database/cluster/cluster.ts'
import { commitStatement } from '../../database/commit.ts'
import type { Db } from '../../database/db.ts'
import { isStatementRefused } from '../../database/errors.ts'
import { retryConflicts } from '../../database/retry.ts'
import { accountKey, accountOf } from '../../domain/account.ts'
import { Batcher } from '../../jobs/batcher.ts'
import { orAlone } from '../../metrics/alone.ts'
import { watchBatcher } from '../../metrics/saturation.ts'
import type { ClaimedTask } from '../tasks/claimed-tasks.sql.ts'
import { type BeginEntry, type BegunCapture, beginCaptures } from './begin-captures.sql.ts'
import { type RecordEntry, type RecordedCapture, recordCaptures } from './record-captures.sql.ts'

/**
 * Captures per statement, concurrent statements, and captures that may wait: as many as a process has at
 * once (`processorCallsMax` and its processor accounts).
 */
const limits = { sizeMax: 64, inFlightMax: 2, waitingMax: 5_000 }

/** Begins and records first captures. Concurrent captures share a statement. */
export class BatchedCaptures {
  readonly #begins: Batcher<BeginEntry, BegunCapture | null>
  readonly #records: Batcher<RecordEntry, RecordedCapture>

  constructor(db: Db) {
    const shared = {
      namesOf: ({ task }: { task: ClaimedTask }) => [nameOf(task)],
      isCausedByEntry: isStatementRefused,
      // The claim of the task has opened a connection, so it is clear by now what the database is.
      groupOf: ({ task }: { task: ClaimedTask }) =>
        isCluster(db) ? accountKey(accountOf(task)) : '',
      ...limits,
    }
    this.#begins = new Batcher<BeginEntry, BegunCapture | null>({
      run: (entries) => retryConflicts(() => beginCaptures(db, entries)),
      ...shared,
    })
    this.#records = new Batcher<RecordEntry, RecordedCapture>({
      run: (entries) =>
        commitStatement(
          'capture',
          () => recordCaptures(db, entries),
          (recorded) => recorded.some(({ isRecorded }) => isRecorded),
        ),
      ...shared,
    })
    watchBatcher('capture begins', () => this.#begins.waiting)
    watchBatcher('capture records', () => this.#records.waiting)
  }

  /** Records a first call before it is made. `null`: nothing was recorded (`beginCaptures`). */
  async begin(entry: BeginEntry): Promise<BegunCapture | null> {
    return await orAlone('capture begins', this.#begins.submit(entry), null)
  }

  /** Records a capture, with the ends of its call and of its task, unless it does not fit. */
  async record(entry: RecordEntry): Promise<RecordedCapture> {
    const nothing = { isRecorded: false, isTaskEnded: false }
    return await orAlone('capture records', this.#records.submit(entry), nothing)
  }
}

/** Two captures of one payment are never in flight at the same time. */
function nameOf(task: ClaimedTask): string {
  return `${accountKey(accountOf(task))} ${task.payment_id}`
}
