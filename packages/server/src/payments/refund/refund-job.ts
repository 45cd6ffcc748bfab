import { commit } from '../../database/commit.ts'
import type { RefundRow } from '../../database/schema.ts'
import { noticeDisputes } from '../../disputes/book-disputes.ts'
import { accountOf } from '../../domain/account.ts'
import { plusSeconds } from '../../domain/time.ts'
import type { Decline, RefundState } from '../../processors/interface/results.ts'
import { abandonAttempts } from '../calls/attempts.sql.ts'
import { lookUp } from '../calls/call-processor.ts'
import { lockClaimedTask } from '../tasks/claimed-tasks.sql.ts'
import { planRecheck } from '../tasks/plan-recheck.ts'
import { rescheduleTasks } from '../tasks/tasks.sql.ts'
import { callOf, type Explained, processorOf, type Work, type WorkResult } from '../tasks/work.ts'
import { isAccepted } from '../transition/move.sql.ts'
import { hasUnrecorded, matchRefunds } from '../view/match-refunds.ts'
import { findRefunds } from '../view/refunds.sql.ts'
import { reconcileRefunds } from './reconcile-refunds.ts'
import { type SentRefunds, sendRefunds } from './send-refunds.ts'

/**
 * Makes the refunds of a payment agree with the processor's, and sends the pending ones. The payment is
 * looked up first: a refund that was sent before must not be paid twice, and a person may have refunded
 * at the processor. If the processor declines a refund, another look-up shows whether that was the reason.
 */
export async function processRefunds(work: Work): Promise<WorkResult> {
  const { db, task, row, now } = work
  if (row.captured_amount === 0) return 'done'
  // The previous caller has stopped, and does not record the results of its calls.
  await abandonAttempts(db, { row, now, task })
  const refunds = await reconcile(work, new Map())
  if ('result' in refunds) return refunds
  const sent =
    row.status === 'failed' ? refuse(refunds.unsent) : await sendRefunds(work, refunds.unsent)
  if (sent.declines.size > 0) {
    const declined = await reconcile(work, sent.declines)
    if ('result' in declined) return declined
  }
  if (sent.hasFailed) return 'failed'
  if (sent.isPending || refunds.hasPending) return 'pending'
  // A bank may return the refund later, and the message about that may be lost.
  await planRecheck(db, { row, processor: await processorOf(work), now })
  return 'done'
}

/** Refuses the refunds of a returned debit: the bank has given the money back to the customer. */
function refuse(unsent: readonly RefundRow[]): SentRefunds {
  const declines = new Map(unsent.map(({ id }) => [id, returned]))
  return { isPending: false, hasFailed: false, declines }
}

const returned: Decline = {
  code: 'payment_returned',
  message: 'The bank has returned the debit, so the customer has the money already.',
}

interface ReconciledRefunds {
  /** Refunds that the processor does not have. */
  readonly unsent: readonly RefundRow[]
  /** Whether the processor has refunds that it has not decided. */
  readonly hasPending: boolean
}

/** More refunds than captured money cannot be booked, so a person must look. Until then, a look-up a day. */
const tooMuchPauseSeconds = 86_400

/**
 * Looks up the refunds at the processor, and records what has changed.
 *
 * @param declines the declines of refunds that were sent before, by the refund's id.
 * @returns the result of the task where the look-up got no usable answer, or cannot be recorded.
 */
async function reconcile(
  work: Work,
  declines: ReadonlyMap<string, Decline>,
): Promise<ReconciledRefunds | Explained> {
  const { db, task, row, now } = work
  const before = await readRefunds(work)
  const states = await findStates(work)
  if (!states) return { result: 'failed' }
  if (declines.size === 0 && !hasUnrecorded(matchRefunds(before, states)))
    return stateOf(before, states)
  const agrees = await commit(db, 'refund answer', async (tx) => {
    await lockClaimedTask(tx, task)
    return await reconcileRefunds(tx, { row, states, declines, now })
  })
  if (agrees) return stateOf(await readRefunds(work), states)
  const problem = 'refunded_above_captured'
  if (!(await isAccepted(db, { row, problem }))) {
    return { result: { againAt: plusSeconds(now, tooMuchPauseSeconds) }, problem }
  }
  return { unsent: [], hasPending: false }
}

/** The refunds at the processor; `null`: the look-up got no usable answer. */
async function findStates(work: Work): Promise<readonly RefundState[] | null> {
  const { db, row } = work
  const found = await lookUp(db, await callOf(work))
  if (!found.ok) return null
  if (found.result.state !== 'captured') return []
  if (found.result.settledAt !== null && row.settled_at === null) {
    await rescheduleTasks(db, { row, kinds: ['settle'], afterSeconds: 0 })
  }
  // A refund of a disputed payment is refused. The message about the dispute may be lost.
  await noticeDisputes(work, found.result)
  return found.result.refunds
}

async function readRefunds({ db, row }: Work): Promise<RefundRow[]> {
  return await findRefunds(db, { account: accountOf(row), paymentId: row.id })
}

function stateOf(refunds: readonly RefundRow[], states: readonly RefundState[]): ReconciledRefunds {
  const { unsent } = matchRefunds(refunds, states)
  const pending = refunds.filter(({ status }) => status === 'pending')
  return { unsent, hasPending: pending.length > unsent.length }
}
