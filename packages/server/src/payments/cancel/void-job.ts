import { commit } from '../../database/commit.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { statusesGivenUp } from '../../domain/lifecycle.ts'
import type { Timestamp } from '../../domain/time.ts'
import type { Tx } from '../../idempotency/once.ts'
import { lateCaptures } from '../../metrics/registry.ts'
import type { RefundResult, VoidResult } from '../../processors/interface/processor.ts'
import { giveUpAttempts } from '../calls/attempts.sql.ts'
import { callProcessor, lookUp } from '../calls/call-processor.ts'
import { processorKeyOf } from '../calls/processor-keys.ts'
import { callOf, type Work, type WorkResult } from '../tasks/work.ts'
import { lateCaptureReason, noteLateCapture } from '../transition/late-capture.sql.ts'
import { lockPayment } from '../transition/move.sql.ts'

/**
 * Does at the processor what a cancel owes it, or a failure that an authorization came after: gives
 * the authorization up. Where the money was taken all the same, by hand or by a call that came late,
 * the customer gets it back; the payment stays what it is, and its timeline says so. Repeated until
 * the processor has said that it is done.
 */
export async function voidPayment(work: Work): Promise<WorkResult> {
  const { db, task, row, now } = work
  if (!statusesGivenUp.includes(row.status) || row.processor === null) return 'done'
  await giveUpAttempts(db, { row, now, task })
  const call = await callOf(work)
  const { processor } = call
  const called = await callProcessor<VoidResult>(db, {
    ...call,
    kind: 'void',
    processorKey: await processorKeyOf(db, { row, kind: 'void', firstKey: `${row.id}:void` }),
    run: (payment, request) => processor.void(payment, request),
    describe: ({ outcome }) => ({ outcome }),
  })
  if (!called.known) return await giveBackIfCaptured(work)
  switch (called.result.outcome) {
    case 'voided':
      return 'done'
    case 'captured':
      return await giveBack(work, called.result.capturedMinor)
    case 'undecided':
      return 'pending'
  }
}

/** A void that got no answer may have met a capture, and would go on getting none. */
async function giveBackIfCaptured(work: Work): Promise<WorkResult> {
  const looked = await lookUp(work.db, await callOf(work))
  if (!looked.known) return 'failed'
  if (looked.result.state === 'voided') return 'done'
  return looked.result.state === 'captured'
    ? await giveBack(work, looked.result.capturedMinor)
    : 'failed'
}

async function giveBack(work: Work, capturedMinor: number): Promise<WorkResult> {
  const { db, row, now } = work
  const looked = await lookUp(db, await callOf(work))
  if (!looked.known || looked.result.state !== 'captured') return 'failed'
  // What somebody has given back by hand already is not given back twice.
  const returned = looked.result.refunds.filter((refund) => refund.status !== 'failed')
  const returnedMinor = returned.reduce((sum, refund) => sum + refund.amountMinor, 0)
  const mine = returned.find((refund) => refund.refundId === row.id)
  if (mine?.status === 'pending') return 'pending'
  const owedMinor = capturedMinor - returnedMinor
  const result = owedMinor > 0 ? await refund(work, owedMinor) : 'done'
  if (result !== 'done') return result
  const isNew = await commit(db, 'late capture', (tx) => note(tx, row, now))
  if (isNew) lateCaptures.inc()
  return 'done'
}

async function refund(work: Work, amountMinor: number): Promise<WorkResult> {
  const { db, row } = work
  const base = await callOf(work)
  const { processor } = base
  const firstKey = `${row.id}:refund_late_capture`
  const called = await callProcessor<RefundResult>(db, {
    ...base,
    kind: 'refund_late_capture',
    processorKey: await processorKeyOf(db, { row, kind: 'refund_late_capture', firstKey }),
    run: (payment, call) =>
      processor.refund(payment, {
        ...call,
        refundId: row.id,
        amountMinor,
        reason: lateCaptureReason(row),
      }),
    describe: (result) =>
      result.outcome === 'declined'
        ? { outcome: 'declined', decline: result.decline }
        : { outcome: result.outcome },
  })
  if (called.known && called.result.outcome === 'refunded') return 'done'
  return called.known && called.result.outcome === 'undecided' ? 'pending' : 'failed'
}

async function note(tx: Tx, payment: PaymentRow, now: Timestamp): Promise<boolean> {
  const account = { merchantId: payment.merchant_id, livemode: payment.livemode }
  const row = await lockPayment(tx, { account, id: payment.id })
  return row !== undefined && (await noteLateCapture(tx, { row, now }))
}
