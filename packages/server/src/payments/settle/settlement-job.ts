import { commit } from '../../database/commit.ts'
import { giveUpAttempts } from '../calls/attempts.sql.ts'
import { lookUp } from '../calls/call-processor.ts'
import { checkRefunds, findPaidRefunds } from '../refund/check-refunds.ts'
import { callOf, type Work, type WorkResult } from '../tasks/work.ts'
import { settlePayment } from './settle.ts'

/**
 * Asks the processor whether a payment has settled, and its refunds still stand; if it has not, asks
 * again some hours later.
 */
export async function checkSettlement(work: Work): Promise<WorkResult> {
  const { db, task, row, now } = work
  if (row.settled_at !== null) return 'done'
  await giveUpAttempts(db, { row, now, task })
  // Before the look-up: what was paid by then must be in what it tells.
  const paid = await findPaidRefunds(db, row)
  const looked = await lookUp(db, await callOf(work))
  if (!looked.known) return 'failed'
  const truth = looked.result
  await checkRefunds(db, { paid, truth, now })
  const settledAt = truth.state === 'captured' ? truth.settledAt : null
  if (settledAt === null) return 'pending'
  const account = { merchantId: row.merchant_id, livemode: row.livemode }
  await commit(db, 'settlement', (tx) => settlePayment(tx, { account, id: row.id, settledAt, now }))
  return 'done'
}
