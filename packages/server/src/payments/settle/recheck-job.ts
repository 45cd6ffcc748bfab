import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { noticeDisputes } from '../../disputes/book-disputes.ts'
import { accountOf } from '../../domain/account.ts'
import { plusSeconds, type Timestamp } from '../../domain/time.ts'
import type { Processor } from '../../processors/interface/processor.ts'
import type { PaymentState } from '../../processors/interface/results.ts'
import { abandonAttempts } from '../calls/attempts.sql.ts'
import { lookUp } from '../calls/call-processor.ts'
import { hasUnrecorded, matchRefunds } from '../refund/match-refunds.ts'
import { planTask, requestTask } from '../tasks/tasks.sql.ts'
import { callOf, type Work, type WorkResult } from '../tasks/work.ts'
import { findRefunds } from '../view/refunds.sql.ts'

const daySeconds = 86_400

/**
 * The ages of a payment at which it is looked up once more after its settlement, in days. A refund by hand,
 * or the return of a refund, is then found also if the processor's message was lost.
 */
const recheckDays = [10, 30, 90, 180]

/** When a payment is looked up next after its settlement; `null`: no more. */
function nextRecheck({ created_at: createdAt }: PaymentRow, now: Timestamp) {
  const times = recheckDays.map((days) => plusSeconds(createdAt, days * daySeconds))
  return times.find((at) => at > now) ?? null
}

/** Plans the look-ups after the settlement, if people can act on payments at the processor. */
export async function planRecheck(
  db: Db,
  { row, processor, now }: { row: PaymentRow; processor: Processor; now: Timestamp },
): Promise<void> {
  const dueAt = nextRecheck(row, now)
  if (processor.hasDashboard && dueAt) await planTask(db, { row, kind: 'recheck', dueAt })
}

/** Looks a settled payment up, and plans the tasks that record what has changed. */
export async function recheckSettled(work: Work): Promise<WorkResult> {
  const { db, task, row, now } = work
  await abandonAttempts(db, { row, now, task })
  const found = await lookUp(db, await callOf(work))
  if (!found.ok) return 'failed'
  await requestUnrecorded(work, found.result)
  const againAt = nextRecheck(row, now)
  return againAt === null ? 'done' : { againAt }
}

/**
 * Requests the tasks that record refunds and disputes, if a look-up for another purpose has found some that
 * are not recorded.
 */
export async function requestUnrecorded(work: Work, found: PaymentState): Promise<void> {
  if (found.state !== 'captured') return
  const { db, row } = work
  const refunds = await findRefunds(db, { account: accountOf(row), paymentId: row.id })
  if (hasUnrecorded(matchRefunds(refunds, found.refunds))) {
    await requestTask(db, { row, kind: 'refund', afterSeconds: 0 })
  }
  await noticeDisputes(work, found)
}
