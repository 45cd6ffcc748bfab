import { noticeDisputes } from '../../disputes/book-disputes.ts'
import { accountOf } from '../../domain/account.ts'
import type { PaymentState } from '../../processors/interface/results.ts'
import { abandonAttempts } from '../calls/attempts.sql.ts'
import { lookUp } from '../calls/call-processor.ts'
import { nextRecheck } from '../tasks/plan-recheck.ts'
import { requestTask } from '../tasks/tasks.sql.ts'
import { callOf, type Work, type WorkResult } from '../tasks/work.ts'
import { hasUnrecorded, matchRefunds } from '../view/match-refunds.ts'
import { findRefunds } from '../view/refunds.sql.ts'

/** Looks a payment up again, and plans the tasks that record what has changed. */
export async function recheckPayment(work: Work): Promise<WorkResult> {
  const { db, task, row, now } = work
  await abandonAttempts(db, { row, now, task })
  const found = await lookUp(db, await callOf(work))
  if (!found.ok) return 'failed'
  await requestUnrecorded(work, found.result)
  const againAt = await nextRecheck(db, row, now)
  return againAt === null ? 'done' : { againAt }
}

/**
 * Requests the tasks that record refunds and disputes, if a look-up for another purpose has found some that
 * are not recorded. Money that was captured although the payment was canceled or has failed must be
 * refunded still: the task that refunds it compares.
 */
export async function requestUnrecorded(work: Work, found: PaymentState): Promise<void> {
  if (found.state !== 'captured') return
  const { db, row } = work
  if (row.captured_amount === 0) {
    await requestTask(db, { row, kind: 'void', afterSeconds: 0 })
  } else {
    const refunds = await findRefunds(db, { account: accountOf(row), paymentId: row.id })
    if (hasUnrecorded(matchRefunds(refunds, found.refunds))) {
      await requestTask(db, { row, kind: 'refund', afterSeconds: 0 })
    }
  }
  await noticeDisputes(work, found)
}
