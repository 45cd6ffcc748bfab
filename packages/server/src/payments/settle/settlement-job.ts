import { commit } from '../../database/commit.ts'
import type { Db } from '../../database/db.ts'
import type { PaymentRow, RefundRow } from '../../database/schema.ts'
import { noticeDisputes } from '../../disputes/book-disputes.ts'
import { registerForSweeps } from '../../disputes/sweep.ts'
import { accountOf } from '../../domain/account.ts'
import { abandonAttempts } from '../calls/attempts.sql.ts'
import { lookUp } from '../calls/call-processor.ts'
import { checkPaidRefunds } from '../refund/check-paid-refunds.ts'
import { callOf, type Work, type WorkResult } from '../tasks/work.ts'
import { findRefunds } from '../view/refunds.sql.ts'
import { settlePayment } from './settle.ts'

/**
 * Looks up whether a payment has settled, whether its paid refunds are still paid, and whether it is
 * disputed. `pending`: not settled yet.
 */
export async function checkSettlement(work: Work): Promise<WorkResult> {
  const { db, task, row, now } = work
  if (row.settled_at !== null) return 'done'
  await abandonAttempts(db, { row, now, task })
  // Read before the look-up, so that the look-up contains all of these refunds.
  const paid = await findPaidRefunds(db, row)
  const call = await callOf(work)
  await registerForSweeps(db, row, call.processor)
  const found = await lookUp(db, call)
  if (!found.ok) return 'failed'
  const payment = found.result
  await checkPaidRefunds(db, { paid, payment, now })
  await noticeDisputes(work, payment)
  const settledAt = payment.state === 'captured' ? payment.settledAt : null
  if (settledAt === null) return 'pending'
  const account = accountOf(row)
  await commit(db, 'settlement', (tx) => settlePayment(tx, { account, id: row.id, settledAt, now }))
  return 'done'
}

async function findPaidRefunds(db: Db, row: PaymentRow): Promise<RefundRow[]> {
  if (row.refund_count === 0) return []
  const refunds = await findRefunds(db, { account: accountOf(row), paymentId: row.id })
  return refunds.filter(({ status }) => status === 'succeeded')
}
