import { commit } from '../../database/commit.ts'
import type { Tx } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { isDecided, withdrawnMinor } from '../../disputes/book-dispute.ts'
import { noticeDisputes } from '../../disputes/book-disputes.ts'
import { accountOf } from '../../domain/account.ts'
import { plusSeconds, type Timestamp } from '../../domain/time.ts'
import { lateCaptures } from '../../metrics/registry.ts'
import type { DisputeState } from '../../processors/interface/results.ts'
import { countAnswered } from '../calls/attempts.sql.ts'
import { lookUp } from '../calls/call-processor.ts'
import { callRefund } from '../calls/call-refund.ts'
import { planRecheck } from '../tasks/plan-recheck.ts'
import { registerSweeps } from '../tasks/register-sweeps.sql.ts'
import { callOf, processorOf, type Unfinished, type Work, type WorkResult } from '../tasks/work.ts'
import {
  isDeclaredRefunded,
  lateCaptureReason,
  recordLateCapture,
} from '../transition/late-capture.sql.ts'
import { lockPayment } from '../transition/lock-payment.sql.ts'

/** Refunds that are made at once. Further ones wait, so that messages about failures cause no loop. */
const refundsAtOnce = 2
/** A refund that has lasted for this time does not come back any more, in seconds. */
const lastingSeconds = 10 * 86_400
/** The pause after the last refund that is made at once, in seconds. It doubles with each failure. */
const firstPauseSeconds = 60
const pauseSecondsMax = 86_400

/**
 * Refunds a payment that was captured although it was canceled or has failed, and records it in the
 * timeline. Refunds that a person made at the processor are subtracted, and so is money that a dispute
 * returns. A refund that has failed is followed by a new one, and every refund is verified by a look-up.
 * While the bank decides a dispute, the processor refuses refunds. The decision requests this task again.
 * Where an operator has declared that the customer has the money, nothing is refunded. After refunds have
 * come back more than once, the payment needs attention until one has lasted.
 */
export async function refundLateCapture(work: Work): Promise<WorkResult> {
  const { db, row, now } = work
  const result = await refund(work)
  const { count, lastAt } = await countAnswered(db, { row, kind: 'refund_late_capture' })
  const lastsAt = lastAt === null ? null : plusSeconds(lastAt, lastingSeconds)
  const isReturned = count > refundsAtOnce && lastsAt !== null && now < lastsAt
  if (!isReturned || (await isDeclaredRefunded(db, row))) {
    return result === 'done' ? 'done' : { result, wait: 'late_refund' }
  }
  const problem = 'late_refund_returned'
  return { result: result === 'done' ? { againAt: lastsAt } : result, wait: 'late_refund', problem }
}

async function refund(work: Work): Promise<'done' | Unfinished> {
  const { db, row, now } = work
  const found = await findLateCapture(work)
  if (!found) return 'failed'
  if (found.owedMinor > 0 && (await isDeclaredRefunded(db, row))) return 'done'
  if (found.owedMinor > 0 && found.isInDispute) {
    return { againAt: plusSeconds(now, pauseSecondsMax) }
  }
  const refunded = found.owedMinor > 0 ? await refundOwed(work, found.owedMinor) : found
  if ('result' in refunded) return refunded.result
  if (refunded.owedMinor > 0) return 'failed'
  if (refunded.isPending) return 'pending'
  if (refunded.refundedMinor === 0) return 'done'
  const processor = await processorOf(work)
  await registerSweeps(db, row, processor)
  const isNew = await commit(db, 'late capture', async (tx) => {
    // The refund may fail later, and the message about it may be lost.
    await planRecheck(tx, { row, processor, now })
    return await recordRefunded(tx, row, now)
  })
  if (isNew) lateCaptures.inc()
  return 'done'
}

/** The refunds of a late capture at the processor. */
interface LateCapture {
  /** The captured amount without refunds that are paid or pending, and without disputed amounts. */
  readonly owedMinor: number
  /** Refunds that are paid or pending. */
  readonly refundedMinor: number
  /** Whether the bank has not decided a dispute. */
  readonly isInDispute: boolean
  readonly isPending: boolean
}

/** Looks up a late capture. `null`: the look-up got no usable answer. */
async function findLateCapture(work: Work): Promise<LateCapture | null> {
  const found = await lookUp(work.db, await callOf(work))
  if (!found.ok || found.result.state !== 'captured') return null
  await noticeDisputes(work, found.result)
  const { capturedMinor, disputes = [] } = found.result
  const disputedMinor = disputes
    .filter((dispute) => isOfCurrency(dispute, work))
    .reduce((sum, dispute) => sum + withdrawnMinor(dispute), 0)
  const refunds = found.result.refunds.filter(({ status }) => status !== 'failed')
  const refundedMinor = refunds.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  const isPending = refunds.some(({ status }) => status === 'pending')
  return {
    owedMinor: capturedMinor - refundedMinor - disputedMinor,
    refundedMinor,
    isPending,
    isInDispute: disputes.some((dispute) => !isDecided(dispute)),
  }
}

function isOfCurrency({ currency }: DisputeState, { row }: Work): boolean {
  return currency === undefined || currency === row.currency
}

/**
 * Refunds what is owed, and looks it up. After an answer the key is never used again: if money is still
 * owed then, the refund has failed, and the processor would repeat the old answer.
 */
async function refundOwed(
  work: Work,
  amountMinor: number,
): Promise<LateCapture | { readonly result: Unfinished }> {
  const { db, row, now } = work
  const { count, lastAt } = await countAnswered(db, { row, kind: 'refund_late_capture' })
  const againAt = lastAt && count >= refundsAtOnce ? plusSeconds(lastAt, pauseAfter(count)) : null
  if (againAt !== null && now < againAt) return { result: { againAt } }
  const called = await callRefund(work, {
    kind: 'refund_late_capture',
    // The owed amount can change, and a key is good for one amount.
    firstKey: `${row.id}:refund_late_capture_${count + 1}_${amountMinor}`,
    refundId: row.id,
    amountMinor,
    reason: lateCaptureReason(row),
  })
  if (!called.ok || called.result.outcome === 'declined') return { result: 'failed' }
  return (await findLateCapture(work)) ?? { result: 'failed' }
}

function pauseAfter(count: number): number {
  return Math.min(pauseSecondsMax, firstPauseSeconds * 2 ** (count - refundsAtOnce))
}

async function recordRefunded(tx: Tx, payment: PaymentRow, now: Timestamp): Promise<boolean> {
  const account = accountOf(payment)
  const row = await lockPayment(tx, { account, id: payment.id })
  return row !== undefined && (await recordLateCapture(tx, { row, now }))
}
