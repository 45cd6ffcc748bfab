import { commit } from '../database/commit.ts'
import type { Tx } from '../database/db.ts'
import type { DisputeRow } from '../database/money-rows.ts'
import type { PaymentRow } from '../database/schema.ts'
import { accountOf } from '../domain/account.ts'
import { statusesThatSettle, statusesToVoid } from '../domain/lifecycle.ts'
import { debitsOf } from '../payments/calls/debits.ts'
import { lockClaimedTask } from '../payments/tasks/claimed-tasks.sql.ts'
import { planRecheck } from '../payments/tasks/plan-recheck.ts'
import { requestTask } from '../payments/tasks/tasks.sql.ts'
import { processorOf, type Work } from '../payments/tasks/work.ts'
import { lockPayment } from '../payments/transition/lock-payment.sql.ts'
import { matchRefunds } from '../payments/view/match-refunds.ts'
import { findRefunds } from '../payments/view/refunds.sql.ts'
import type { PaymentState } from '../processors/interface/results.ts'
import { bookDispute, isFinal, withdrawnMinor } from './book-dispute.ts'
import { findDisputesOf } from './disputes.sql.ts'
import { findReturn, returnPayment } from './return-payment.ts'

/** The disputes of a payment, after a look-up was booked. */
interface BookedDisputes {
  readonly disputes: readonly DisputeRow[]
  /** The bank has returned the debit, and refunds by hand must be recorded before that is. */
  readonly isReturnPending: boolean
}

/**
 * Books the disputes of a payment as a look-up has found them. Messages of the processor only cause
 * look-ups, so their order and number do not matter. An outdated look-up is never booked: the worker
 * must still have the payment's only task of this kind. A debit that the bank has returned fails.
 *
 * @throws {LeaseLostError} where another worker has claimed the task.
 */
export async function bookDisputes(work: Work, found: PaymentState): Promise<BookedDisputes> {
  const { db, row, task, now } = work
  const disputes = found.state === 'captured' ? (found.disputes ?? []) : []
  if (disputes.length === 0) {
    return { disputes: await findDisputesOf(db, row), isReturnPending: false }
  }
  const processor = await processorOf(work)
  const isDebit = debitsOf(processor, row) !== null
  return await commit(db, 'dispute', async (tx) => {
    await lockClaimedTask(tx, task)
    let locked = await lockPayment(tx, { account: accountOf(row), id: row.id })
    if (!locked || !mayBeDisputed(locked)) return { disputes: [], isReturnPending: false }
    const before = locked.sequence
    for (const dispute of disputes) {
      locked = await bookDispute(tx, { row: locked, found: dispute, now })
    }
    // What is not disputed any more may be owed to the customer of a canceled payment.
    if (locked.sequence > before && isFinal(locked)) {
      await requestTask(tx, { row: locked, kind: 'void', afterSeconds: 0 })
    }
    const booked = await findDisputesOf(tx, locked)
    const dispute = isDebit ? findReturn(locked, booked) : undefined
    if (!dispute) return { disputes: booked, isReturnPending: false }
    // Afterwards no refund can be recorded any more.
    const isReturnPending = await requestForeignRefunds(tx, locked, found)
    if (!isReturnPending) {
      await returnPayment(tx, { row: locked, dispute, now })
      // Nothing else looks a returned debit up, and a refund or the dispute may end otherwise later.
      await planRecheck(tx, { row: locked, processor, now })
    }
    return { disputes: booked, isReturnPending }
  })
}

/** Whether the processor may have captured the payment, also after it was canceled or has failed. */
export function mayBeDisputed({ status }: Pick<PaymentRow, 'status'>): boolean {
  return statusesThatSettle.includes(status) || statusesToVoid.includes(status)
}

/** Requests the task that records refunds by hand. Returns whether there are any. */
async function requestForeignRefunds(
  tx: Tx,
  row: PaymentRow,
  found: PaymentState,
): Promise<boolean> {
  if (found.state !== 'captured' || found.refunds.length === 0) return false
  const refunds = await findRefunds(tx, { account: accountOf(row), paymentId: row.id })
  if (matchRefunds(refunds, found.refunds).foreign.length === 0) return false
  await requestTask(tx, { row, kind: 'refund', afterSeconds: 0 })
  return true
}

/**
 * Requests the task of the disputes if a look-up for another purpose has found a new one, a new status or
 * another withdrawn amount, because the processor's message was lost. Only that task books disputes: a second one could book an
 * older state.
 */
export async function noticeDisputes({ db, row }: Work, found: PaymentState): Promise<void> {
  if (found.state !== 'captured') return
  const { disputes = [], hasUnreadableDispute = false, hasInquiry = false } = found
  if (disputes.length === 0 && !hasUnreadableDispute && !hasInquiry) return
  const recorded = new Map(
    (await findDisputesOf(db, row)).map((one) => [one.processor_reference, one]),
  )
  const isKnown = disputes.every((dispute) => {
    const one = recorded.get(dispute.reference)
    return one?.status === dispute.status && one.withdrawn_amount === withdrawnMinor(dispute)
  })
  if (isKnown && !hasUnreadableDispute && !hasInquiry) return
  await requestTask(db, { row, kind: 'dispute', afterSeconds: 0 })
}
