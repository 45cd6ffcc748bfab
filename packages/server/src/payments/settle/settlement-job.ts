import { commit } from '../../database/commit.ts'
import { accountOf } from '../../domain/account.ts'
import { abandonAttempts } from '../calls/attempts.sql.ts'
import { lookUp } from '../calls/call-processor.ts'
import { planRecheck } from '../tasks/plan-recheck.ts'
import { registerSweeps } from '../tasks/register-sweeps.sql.ts'
import { callOf, type Work, type WorkResult } from '../tasks/work.ts'
import { isAccepted } from '../transition/move.sql.ts'
import { requestUnrecorded } from './recheck-job.ts'
import { settlePayment } from './settle.ts'

/**
 * Looks up whether a payment has settled, and whether it is disputed. If the processor's refunds differ
 * from those here, for example because a bank has returned a refund or a person has made one, plans the
 * task that reconciles them. `pending`: not settled yet.
 */
export async function checkSettlement(work: Work): Promise<WorkResult> {
  const { db, task, row, now } = work
  if (row.settled_at !== null || row.status === 'failed') return 'done'
  await abandonAttempts(db, { row, now, task })
  const call = await callOf(work)
  await registerSweeps(db, row, call.processor)
  const found = await lookUp(db, call)
  if (!found.ok) return 'failed'
  const payment = found.result
  if (payment.state !== 'captured') return 'pending'
  const problem = 'capture_contradicted'
  if (payment.capturedMinor !== row.captured_amount && !(await isAccepted(db, { row, problem }))) {
    return { result: 'failed', problem }
  }
  await requestUnrecorded(work, payment)
  const { settledAt } = payment
  if (settledAt === null) return 'pending'
  const account = accountOf(row)
  await commit(db, 'settlement', async (tx) => {
    await settlePayment(tx, { account, id: row.id, settledAt, now })
    await planRecheck(tx, { row, processor: call.processor, now })
  })
  return 'done'
}
