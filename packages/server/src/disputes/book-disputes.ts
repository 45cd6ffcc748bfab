import { commit } from '../database/commit.ts'
import type { DisputeRow } from '../database/money-rows.ts'
import { accountOf } from '../domain/account.ts'
import { statusesThatSettle } from '../domain/lifecycle.ts'
import { lockClaimedTask } from '../payments/tasks/claimed-tasks.sql.ts'
import { requestTask } from '../payments/tasks/tasks.sql.ts'
import type { Work } from '../payments/tasks/work.ts'
import { lockPayment } from '../payments/transition/lock-payment.sql.ts'
import type { PaymentState } from '../processors/interface/results.ts'
import { bookDispute } from './book-dispute.ts'
import { findDisputesOf } from './disputes.sql.ts'

/**
 * Books the disputes of a payment as a look-up has found them. Messages of the processor only cause
 * look-ups, so their order and number do not matter. An outdated look-up is never booked: the worker
 * must still have the payment's only task of this kind.
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
    for (const dispute of disputes) {
      locked = await bookDispute(tx, { row: locked, found: dispute, now })
    }
    return await findDisputesOf(tx, locked)
  })
}

/**
 * Requests the task of the disputes if a look-up for another purpose has found a new one, because the
 * processor's message was lost. Only that task books disputes: a second one could book an older state.
 */
export async function noticeDisputes({ db, row }: Work, found: PaymentState): Promise<void> {
  if (found.state !== 'captured') return
  const { disputes = [], hasUnreadableDispute = false } = found
  if (disputes.length === 0 && !hasUnreadableDispute) return
  const recorded = new Set((await findDisputesOf(db, row)).map((one) => one.processor_reference))
  const isKnown = disputes.every(({ reference }) => recorded.has(reference))
  if (isKnown && !hasUnreadableDispute) return
  await requestTask(db, { row, kind: 'dispute', afterSeconds: 0 })
}
