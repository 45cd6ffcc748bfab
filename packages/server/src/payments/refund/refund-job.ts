import { giveUpAttempts } from '../calls/attempts.sql.ts'
import { lookUp } from '../calls/call-processor.ts'
import { callOf, type Work, type WorkResult } from '../tasks/work.ts'
import { checkRefunds, findPaidRefunds } from './check-refunds.ts'
import { sendRefunds } from './send-refunds.ts'

/** Sends refunds that were not sent, and looks whether those paid before still stand. */
export async function refundPayments(work: Work): Promise<WorkResult> {
  const { db, task, row, now } = work
  const paid = await findPaidRefunds(db, row)
  const sent = await sendRefunds(work)
  if (sent !== 'done') return sent
  if (paid.length === 0) return 'done'
  await giveUpAttempts(db, { row, now, task })
  const looked = await lookUp(db, await callOf(work))
  if (!looked.known) return 'failed'
  await checkRefunds(db, { paid, truth: looked.result, now })
  return 'done'
}
