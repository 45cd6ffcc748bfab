import { giveUpAttempts } from './attempts.sql.ts'
import { lookUp } from './call-processor.ts'
import { checkRefunds, findPaidRefunds } from './check-refunds.ts'
import { sendRefunds } from './send-refunds.ts'
import { bySystem, processorOf, type Work, type WorkResult } from './work-on.ts'

/** Sends refunds that were not sent, and looks whether those paid before still stand. */
export async function refundPayments(work: Work): Promise<WorkResult> {
  const { db, processors, row, now } = work
  const paid = await findPaidRefunds(db, row)
  const account = { merchantId: row.merchant_id, livemode: row.livemode }
  const areAnswered = await sendRefunds(db, processors, { account, paymentId: row.id, now })
  if (!areAnswered) return 'again'
  if (paid.length === 0) return 'done'
  await giveUpAttempts(db, { row, now })
  const looked = await lookUp(db, { row, processor: await processorOf(work), actor: bySystem, now })
  if (!looked.known) return 'again'
  await checkRefunds(db, { paid, truth: looked.result, now })
  return 'done'
}
