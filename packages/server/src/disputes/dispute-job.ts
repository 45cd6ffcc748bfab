import type { LastingProblem } from '@hedgepayments/contract'
import { statusesBefore } from '../domain/lifecycle.ts'
import { plusSeconds } from '../domain/time.ts'
import { abandonAttempts } from '../payments/calls/attempts.sql.ts'
import { lookUp } from '../payments/calls/call-processor.ts'
import { callOf, type Work, type WorkResult } from '../payments/tasks/work.ts'
import { isAccepted } from '../payments/transition/move.sql.ts'
import type { PaymentState } from '../processors/interface/results.ts'
import { isDecided } from './book-dispute.ts'
import { bookDisputes, mayBeDisputed } from './book-disputes.ts'

/** A decided dispute is looked up once more: the processor may return its fee later. */
const afterDecisionSeconds = 86_400

/**
 * Looks up the disputes of a payment and books what has changed: after a message of the processor, and
 * while a dispute or an inquiry is open, in case a message is lost. `pending`: one is open, or the
 * payment's capture is not recorded yet.
 */
export async function followDisputes(work: Work): Promise<WorkResult> {
  const { db, task, row, now } = work
  if (statusesBefore('succeeded').includes(row.status)) return 'pending'
  if (!mayBeDisputed(row)) return 'done'
  await abandonAttempts(db, { row, now, task })
  const found = await lookUp(db, await callOf(work))
  if (!found.ok) return 'failed'
  const { disputes, isReturnPending } = await bookDisputes(work, found.result)
  for (const problem of problemsIn(found.result)) {
    if (!(await isAccepted(db, { row, problem }))) return { result: 'pending', problem }
  }
  if (isReturnPending || isInquiry(found.result) || disputes.some((dispute) => !isDecided(dispute)))
    return 'pending'
  const lookUps = disputes.map(({ updated_at: at }) => plusSeconds(at, afterDecisionSeconds))
  const next = lookUps.filter((at) => at > now).sort()[0]
  return next === undefined ? 'done' : { againAt: next }
}

/** What an operator should know about the disputes of a payment. */
function problemsIn(found: PaymentState): LastingProblem[] {
  const isUnreadable = found.state === 'captured' && found.hasUnreadableDispute === true
  return [
    ...(isUnreadable ? (['dispute_unreadable'] as const) : []),
    ...(isInquiry(found) ? (['dispute_inquiry'] as const) : []),
  ]
}

function isInquiry(found: PaymentState): boolean {
  return found.state === 'captured' && found.hasInquiry === true
}
