import { commit } from '../../database/commit.ts'
import type { RefundRow } from '../../database/schema.ts'
import { accountOf } from '../../domain/account.ts'
import { statusesThatSettle } from '../../domain/lifecycle.ts'
import { plusSeconds, type Timestamp } from '../../domain/time.ts'
import type { Decline, RefundState } from '../../processors/interface/results.ts'
import { abandonAttempts } from '../calls/attempts.sql.ts'
import { lookUp } from '../calls/call-processor.ts'
import { lockClaimedTask } from '../tasks/claimed-tasks.sql.ts'
import { rescheduleTasks } from '../tasks/tasks.sql.ts'
import { callOf, type Work, type WorkResult } from '../tasks/work.ts'
import { findRefunds } from '../view/refunds.sql.ts'
import { hasUnrecorded, matchRefunds } from './match-refunds.ts'
import { reconcileRefunds } from './reconcile-refunds.ts'
import { sendRefunds } from './send-refunds.ts'

/**
 * Makes the refunds of a payment agree with the processor's, and sends the pending ones. The payment is
 * looked up first: a refund that was sent before must not be paid twice, and a person may have refunded
 * at the processor. If the processor declines a refund, another look-up shows whether that was the reason.
 */
export async function processRefunds(work: Work): Promise<WorkResult> {
  const { db, task, row, now } = work
  if (!statusesThatSettle.includes(row.status)) return 'done'
  // The previous caller has stopped, and does not record the results of its calls.
  await abandonAttempts(db, { row, now, task })
  const refunds = await reconcile(work, new Map())
  if (typeof refunds === 'string') return resultOf(refunds, now)
  const sent = await sendRefunds(work, refunds.unsent)
  const after = sent.declines.size > 0 ? await reconcile(work, sent.declines) : refunds
  if (typeof after === 'string') return resultOf(after, now)
  if (sent.hasFailed) return 'failed'
  return sent.isPending || refunds.hasPending ? 'pending' : 'done'
}

interface ReconciledRefunds {
  /** Refunds that the processor does not have. */
  readonly unsent: readonly RefundRow[]
  /** Whether the processor has refunds that it has not decided. */
  readonly hasPending: boolean
}

/** Why refunds could not be compared. */
type Mismatch = 'failed' | 'too much'

/** More refunds than captured money cannot be booked, so a person must look. Until then, a look-up a day. */
const tooMuchPauseSeconds = 86_400

function resultOf(mismatch: Mismatch, now: Timestamp): WorkResult {
  if (mismatch === 'failed') return 'failed'
  return { againAt: plusSeconds(now, tooMuchPauseSeconds), problem: 'refunds_exceed_capture' }
}

/**
 * Looks up the refunds at the processor, and records what has changed.
 *
 * @param declines the declines of refunds that were sent before, by the refund's id.
 * @returns `failed` where the look-up got no usable answer, `too much` where the processor has more refunds
 *   than the captured amount.
 */
async function reconcile(
  work: Work,
  declines: ReadonlyMap<string, Decline>,
): Promise<ReconciledRefunds | Mismatch> {
  const { db, task, row, now } = work
  const before = await readRefunds(work)
  const states = await findStates(work)
  if (!states) return 'failed'
  if (declines.size === 0 && !hasUnrecorded(matchRefunds(before, states)))
    return stateOf(before, states)
  const agrees = await commit(db, 'refund answer', async (tx) => {
    await lockClaimedTask(tx, task)
    return await reconcileRefunds(tx, { row, states, declines, now })
  })
  return agrees ? stateOf(await readRefunds(work), states) : 'too much'
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
