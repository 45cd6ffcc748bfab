import { abandonAttempts } from '../calls/attempts.sql.ts'
import { lookUp } from '../calls/call-processor.ts'
import { callOf, type Work, type WorkResult } from '../tasks/work.ts'
import { checkPaidRefunds, findPaidRefunds } from './check-paid-refunds.ts'
import { sendRefunds } from './send-refunds.ts'

/** Sends the pending refunds of a payment, then checks that the refunds paid before are still paid. */
export async function processRefunds(work: Work): Promise<WorkResult> {
  const { db, task, row, now } = work
  const paid = await findPaidRefunds(db, row)
  const sent = await sendRefunds(work)
  if (sent !== 'done') return sent
  if (paid.length === 0) return 'done'
  await abandonAttempts(db, { row, now, task })
  const found = await lookUp(db, await callOf(work))
  if (!found.ok) return 'failed'
  await checkPaidRefunds(db, { paid, payment: found.result, now })
  return 'done'
}
