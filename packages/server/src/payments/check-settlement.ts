import { commit } from '../database/commit.ts'
import { plusSeconds } from '../time.ts'
import { giveUpAttempts } from './attempts.sql.ts'
import { lookUp } from './call-processor.ts'
import { checkRefunds, findPaidRefunds } from './check-refunds.ts'
import { settlePayment } from './settle.ts'
import { planTask } from './tasks.sql.ts'
import { bySystem, processorOf, type Work, type WorkResult } from './work-on.ts'

/** Settlement takes days, so some hours between questions are soon enough. */
const secondsBetweenLooks = 6 * 3_600

/**
 * Asks the processor whether a payment has settled, and its refunds still stand; if it has not, asks
 * again some hours later.
 */
export async function checkSettlement(work: Work): Promise<WorkResult> {
  const { db, row, now } = work
  if (row.settled_at !== null) return 'done'
  await giveUpAttempts(db, { row, now })
  // Before the look-up: what was paid by then must be in what it tells.
  const paid = await findPaidRefunds(db, row)
  const looked = await lookUp(db, { row, processor: await processorOf(work), actor: bySystem, now })
  if (!looked.known) return 'again'
  const truth = looked.result
  await checkRefunds(db, { paid, truth, now })
  const settledAt = truth.state === 'captured' ? truth.settledAt : null
  if (settledAt === null) {
    await planTask(db, { row, kind: 'settle', dueAt: plusSeconds(now, secondsBetweenLooks) })
    return 'done'
  }
  const account = { merchantId: row.merchant_id, livemode: row.livemode }
  await commit(db, 'settlement', (tx) => settlePayment(tx, { account, id: row.id, settledAt, now }))
  return 'done'
}
