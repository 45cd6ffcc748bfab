import { accountOf } from '../../domain/account.ts'
import { abandonAttempts } from '../calls/attempts.sql.ts'
import { lookUp } from '../calls/call-processor.ts'
import { callOf, type Work, type WorkResult } from '../tasks/work.ts'
import { findRefunds } from '../view/refunds.sql.ts'
import { checkPaidRefunds } from './check-paid-refunds.ts'
import { sendRefunds } from './send-refunds.ts'

/** Sends the pending refunds of a payment, then checks that the refunds paid before are still paid. */
export async function processRefunds(work: Work): Promise<WorkResult> {
  const { db, task, row, now } = work
  const refunds = await findRefunds(db, { account: accountOf(row), paymentId: row.id })
  const pending = refunds.filter(({ status }) => status === 'pending')
  const paid = refunds.filter(({ status }) => status === 'succeeded')
  const sent = await sendRefunds(work, pending)
  if (sent !== 'done') return sent
  if (paid.length === 0) return 'done'
  await abandonAttempts(db, { row, now, task })
  const found = await lookUp(db, await callOf(work))
  if (!found.ok) return 'failed'
  await checkPaidRefunds(db, { paid, payment: found.result, now })
  return 'done'
}
