import { commit } from '../../database/commit.ts'
import type { RefundRow } from '../../database/schema.ts'
import { LeaseLostError } from '../../jobs/lease.ts'
import { abandonAttempts } from '../calls/attempts.sql.ts'
import { lookUp } from '../calls/call-processor.ts'
import { callRefund } from '../calls/call-refund.ts'
import { claimedRow } from '../tasks/claimed-tasks.sql.ts'
import { callOf, type Work, type WorkResult } from '../tasks/work.ts'
import { type RefundAnswer, recordRefundAnswer, refundFailedLater } from './record-refund-answer.ts'
import { countRefundAttempt } from './refunds.sql.ts'

/**
 * The state of a refund at the processor: its answer, or
 * - `pending`: not decided;
 * - `failed`: the look-up got no usable answer;
 * - `absent`: the processor does not know the refund.
 */
type SentState = RefundAnswer | 'pending' | 'failed' | 'absent'

/**
 * Sends pending refunds of a payment, and records the answers. Each refund has its own idempotency
 * key at the processor. A refund that was sent before is looked up first, because the processor may
 * have forgotten the key, and no refund may be paid twice.
 *
 * @returns `done` where all refunds are answered. Otherwise, repeat later.
 */
export async function sendRefunds(work: Work, pending: readonly RefundRow[]): Promise<WorkResult> {
  const { db, task, row, now } = work
  if (pending.length === 0) return 'done'
  // The previous caller has stopped, and does not record the results of its calls.
  await abandonAttempts(db, { row, now, task })
  const results = new Set<WorkResult>()
  for (const refund of pending) {
    const found = await findState(work, refund)
    const answer = found === 'absent' ? await send(work, refund) : found
    if (typeof answer === 'string') results.add(answer)
    else {
      await commit(db, 'refund answer', (tx) => recordRefundAnswer(tx, { refund, answer, now }))
    }
  }
  if (results.has('failed')) return 'failed'
  return results.has('pending') ? 'pending' : 'done'
}

/** Finds the state of a refund that was sent before. */
async function findState(work: Work, refund: RefundRow): Promise<SentState> {
  if (refund.attempts === 0) return 'absent'
  const lookedUp = await lookUp(work.db, await callOf(work))
  if (!lookedUp.ok) return 'failed'
  if (lookedUp.result.state !== 'captured') return 'absent'
  const found = lookedUp.result.refunds.find(({ refundId }) => refundId === refund.id)
  switch (found?.status) {
    case undefined:
      return 'absent'
    case 'pending':
      return 'pending'
    case 'succeeded':
      return { outcome: 'refunded', reference: found.reference }
    case 'failed':
      return { outcome: 'declined', reference: found.reference, decline: refundFailedLater }
  }
}

async function send(work: Work, refund: RefundRow): Promise<RefundAnswer | 'pending' | 'failed'> {
  if (!(await countRefundAttempt(work.db, refund, claimedRow(work.task))))
    throw new LeaseLostError()
  const called = await callRefund(work, {
    kind: 'refund',
    firstKey: refund.id,
    refundId: refund.id,
    amountMinor: refund.amount,
    reason: refund.reason,
  })
  if (!called.ok) return 'failed'
  return called.result.outcome === 'undecided' ? 'pending' : called.result
}
