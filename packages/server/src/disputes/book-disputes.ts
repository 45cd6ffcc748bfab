import { commit } from '../database/commit.ts'
import type { DisputeRow } from '../database/schema.ts'
import { accountOf } from '../domain/account.ts'
import { statusesThatSettle } from '../domain/lifecycle.ts'
import { lockClaimedTask } from '../payments/tasks/claimed-tasks.sql.ts'
import { requestTask } from '../payments/tasks/tasks.sql.ts'
import type { Work } from '../payments/tasks/work.ts'
import { lockPayment } from '../payments/transition/move.sql.ts'
import type { PaymentState } from '../processors/interface/processor.ts'
import { bookDispute } from './book-dispute.ts'
import { findDisputesOf } from './disputes.sql.ts'

/**
 * Books the disputes of a payment as a look-up has found them. Messages of the processor only cause
 * look-ups, so their order and number do not matter. An outdated look-up is never booked: the worker
 * must still have its task, and a worker has one look-up at a time.
 *
 * @returns all disputes of the payment after that.
 * @throws {LeaseLostError} where another worker has claimed the task.
 */
export async function bookDisputes(
  { db, row, task, now }: Work,
  found: PaymentState,
): Promise<DisputeRow[]> {
  const disputes = found.state === 'captured' ? (found.disputes ?? []) : []
  if (disputes.length === 0) return row.disputed ? await findDisputesOf(db, row) : []
  return await commit(db, 'dispute', async (tx) => {
    await lockClaimedTask(tx, task)
    let locked = await lockPayment(tx, { account: accountOf(row), id: row.id })
    if (!locked || !statusesThatSettle.includes(locked.status)) return []
    const before = locked.sequence
    for (const dispute of disputes) {
      locked = await bookDispute(tx, { row: locked, found: dispute, now })
    }
    // Another job has found it, because the processor's message was lost.
    if (task.kind !== 'dispute' && locked.sequence > before) {
      await requestTask(tx, { row: locked, kind: 'dispute', afterSeconds: followSeconds })
    }
    return await findDisputesOf(tx, locked)
  })
}

/** The dispute's own task looks it up again after this time. */
const followSeconds = 60
