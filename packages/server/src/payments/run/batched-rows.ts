import { isCluster } from '../../database/cluster/cluster.ts'
import type { Db } from '../../database/db.ts'
import { isStatementRefused } from '../../database/errors.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { accountKey, accountOf } from '../../domain/account.ts'
import { Batcher } from '../../jobs/batcher.ts'
import { watchBatcher } from '../../metrics/saturation.ts'
import { readPayments } from '../read/read-payments.sql.ts'
import type { ClaimedTask } from '../tasks/claimed-tasks.sql.ts'

/** Reads per statement, concurrent statements, and reads that may wait: more than a process has tasks. */
const limits = { sizeMax: 64, inFlightMax: 2, waitingMax: 5_000 }

/**
 * Reads the payments of claimed tasks. Tasks that were claimed together share a statement, which begins
 * after their claims: so it sees the change that a task is about.
 */
export class BatchedRows {
  readonly #batcher: Batcher<ClaimedTask, PaymentRow | undefined>

  /** @param name of the batcher in the metrics. */
  constructor(db: Db, name: string) {
    this.#batcher = new Batcher<ClaimedTask, PaymentRow | undefined>({
      run: (tasks) =>
        readPayments(
          db,
          tasks.map((task) => ({ account: accountOf(task), id: task.payment_id })),
        ),
      namesOf: () => [],
      isCausedByEntry: isStatementRefused,
      // The claim of the task has opened a connection, so it is clear by now what the database is.
      groupOf: (task) => (isCluster(db) ? accountKey(accountOf(task)) : ''),
      ...limits,
    })
    watchBatcher(name, () => this.#batcher.waiting)
  }

  /** The payment of a task. */
  async read(task: ClaimedTask): Promise<PaymentRow> {
    const row = await this.#batcher.submit(task)
    if (!row) throw new Error(`payment ${task.payment_id} of a task was not found`)
    return row
  }
}
