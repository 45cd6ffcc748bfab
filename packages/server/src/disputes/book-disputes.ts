import { commit } from '../database/commit.ts'
import type { DisputeRow } from '../database/money-rows.ts'
import type { PaymentRow } from '../database/schema.ts'
import { accountOf } from '../domain/account.ts'
import { statusesThatSettle, statusesToVoid } from '../domain/lifecycle.ts'
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
  if (disputes.length === 0) return await findDisputesOf(db, row)
  return await commit(db, 'dispute', async (tx) => {
    await lockClaimedTask(tx, task)
    let locked = await lockPayment(tx, { account: accountOf(row), id: row.id })
    if (!locked || !mayBeDisputed(locked)) return []
    const before = locked.sequence
    for (const dispute of disputes) {
      locked = await bookDispute(tx, { row: locked, found: dispute, now })
    }
    // What is not disputed any more may be owed to the customer of a canceled payment.
    if (locked.sequence > before && statusesToVoid.includes(locked.status)) {
      await requestTask(tx, { row: locked, kind: 'void', afterSeconds: 0 })
    }
    return await findDisputesOf(tx, locked)
  })
}

/** Whether the processor may have captured the payment, also after it was canceled or has failed. */
export function mayBeDisputed({ status }: Pick<PaymentRow, 'status'>): boolean {
  return statusesThatSettle.includes(status) || statusesToVoid.includes(status)
}

/**
 * Requests the task of the disputes if a look-up for another purpose has found a new one or a new status,
 * because the processor's message was lost. Only that task books disputes: a second one could book an older state.
 */
export async function noticeDisputes({ db, row }: Work, found: PaymentState): Promise<void> {
  const disputes = found.state === 'captured' ? (found.disputes ?? []) : []
  if (disputes.length === 0) return
  const recorded = new Map(
    (await findDisputesOf(db, row)).map((one) => [one.processor_reference, one.status]),
  )
  if (disputes.every(({ reference, status }) => recorded.get(reference) === status)) return
  await requestTask(db, { row, kind: 'dispute', afterSeconds: 0 })
}
