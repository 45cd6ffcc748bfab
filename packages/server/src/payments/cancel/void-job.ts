import { commit } from '../../database/commit.ts'
import type { Tx } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { accountOf } from '../../domain/account.ts'
import { statusesToVoid } from '../../domain/lifecycle.ts'
import type { Timestamp } from '../../domain/time.ts'
import { lateCaptures } from '../../metrics/registry.ts'
import type { VoidResult } from '../../processors/interface/processor.ts'
import { abandonAttempts } from '../calls/attempts.sql.ts'
import { callProcessor, describeOutcome, lookUp } from '../calls/call-processor.ts'
import { callRefund } from '../calls/call-refund.ts'
import { processorKeyOf } from '../calls/processor-keys.ts'
import { callOf, type Work, type WorkResult } from '../tasks/work.ts'
import { lateCaptureReason, recordLateCapture } from '../transition/late-capture.sql.ts'
import { lockPayment } from '../transition/move.sql.ts'

/**
 * Voids the authorization of a payment that was canceled or has failed. If the processor has captured
 * the payment, manually or by a late call, refunds the customer and records it in the timeline. The
 * payment keeps its status. The job repeats until the processor confirms the void or the refund.
 */
export async function voidPayment(work: Work): Promise<WorkResult> {
  const { db, task, row, now } = work
  if (!statusesToVoid.includes(row.status) || row.processor === null) return 'done'
  await abandonAttempts(db, { row, now, task })
  const call = await callOf(work)
  const { processor } = call
  const called = await callProcessor<VoidResult>(db, {
    ...call,
    kind: 'void',
    processorKey: await processorKeyOf(db, { row, kind: 'void', firstKey: `${row.id}:void` }),
    run: (payment, request) => processor.void(payment, request),
    describe: describeOutcome,
  })
  if (!called.ok) return await refundIfCaptured(work)
  switch (called.result.outcome) {
    case 'voided':
      return 'done'
    case 'captured':
      return await refundLateCapture(work, called.result.capturedMinor)
    case 'undecided':
      return 'pending'
  }
}

/** Looks up the payment after a failed void: if it was captured, every further void would fail too. */
async function refundIfCaptured(work: Work): Promise<WorkResult> {
  const found = await lookUp(work.db, await callOf(work))
  if (!found.ok) return 'failed'
  if (found.result.state === 'voided') return 'done'
  return found.result.state === 'captured'
    ? await refundLateCapture(work, found.result.capturedMinor)
    : 'failed'
}

async function refundLateCapture(work: Work, capturedMinor: number): Promise<WorkResult> {
  const { db, row, now } = work
  const found = await lookUp(db, await callOf(work))
  if (!found.ok || found.result.state !== 'captured') return 'failed'
  // Refunds that were made manually at the processor are subtracted.
  const refunds = found.result.refunds.filter((refund) => refund.status !== 'failed')
  const refundedMinor = refunds.reduce((sum, refund) => sum + refund.amountMinor, 0)
  const own = refunds.find((refund) => refund.refundId === row.id)
  if (own?.status === 'pending') return 'pending'
  const owedMinor = capturedMinor - refundedMinor
  const result = owedMinor > 0 ? await refundOwed(work, owedMinor) : 'done'
  if (result !== 'done') return result
  const isNew = await commit(db, 'late capture', (tx) => recordRefunded(tx, row, now))
  if (isNew) lateCaptures.inc()
  return 'done'
}

async function refundOwed(work: Work, amountMinor: number): Promise<WorkResult> {
  const { row } = work
  const called = await callRefund(work, {
    kind: 'refund_late_capture',
    firstKey: `${row.id}:refund_late_capture`,
    refundId: row.id,
    amountMinor,
    reason: lateCaptureReason(row),
  })
  if (called.ok && called.result.outcome === 'refunded') return 'done'
  return called.ok && called.result.outcome === 'undecided' ? 'pending' : 'failed'
}

async function recordRefunded(tx: Tx, payment: PaymentRow, now: Timestamp): Promise<boolean> {
  const account = accountOf(payment)
  const row = await lockPayment(tx, { account, id: payment.id })
  return row !== undefined && (await recordLateCapture(tx, { row, now }))
}
