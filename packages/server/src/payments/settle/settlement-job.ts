import { commit } from '../../database/commit.ts'
import { accountOf } from '../../domain/account.ts'
import { abandonAttempts } from '../calls/attempts.sql.ts'
import { lookUp } from '../calls/call-processor.ts'
import { checkPaidRefunds, findPaidRefunds } from '../refund/check-paid-refunds.ts'
import { callOf, type Work, type WorkResult } from '../tasks/work.ts'
import { settlePayment } from './settle.ts'

/**
 * Looks up whether a payment has settled, and whether its paid refunds are still paid. `pending`: not
 * settled yet.
 */
export async function checkSettlement(work: Work): Promise<WorkResult> {
  const { db, task, row, now } = work
  if (row.settled_at !== null) return 'done'
  await abandonAttempts(db, { row, now, task })
  // Read before the look-up, so that the look-up contains all of these refunds.
  const paid = await findPaidRefunds(db, row)
  const found = await lookUp(db, await callOf(work))
  if (!found.ok) return 'failed'
  const payment = found.result
  await checkPaidRefunds(db, { paid, payment, now })
  const settledAt = payment.state === 'captured' ? payment.settledAt : null
  if (settledAt === null) return 'pending'
  const account = accountOf(row)
  await commit(db, 'settlement', (tx) => settlePayment(tx, { account, id: row.id, settledAt, now }))
  return 'done'
}
