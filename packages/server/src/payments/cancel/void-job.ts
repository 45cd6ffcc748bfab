import { statusesToVoid } from '../../domain/lifecycle.ts'
import type { VoidResult } from '../../processors/interface/results.ts'
import { deleteAcceptance } from '../calls/acceptances.sql.ts'
import { abandonAttempts } from '../calls/attempts.sql.ts'
import { callProcessor, describeOutcome, lookUp } from '../calls/call-processor.ts'
import { isUnsentDebit } from '../calls/debits.ts'
import { processorKeyOf } from '../calls/processor-keys.ts'
import { callOf, type Work, type WorkResult } from '../tasks/work.ts'
import { refundLateCapture } from './refund-late-capture.ts'

/**
 * Voids the authorization of a payment that was canceled or has failed. If the processor has captured
 * the payment, manually or by a late call, refunds the customer and records it in the timeline. The
 * payment keeps its status. The job repeats until the processor confirms the void or the refund.
 */
export async function voidPayment(work: Work): Promise<WorkResult> {
  const { db, task, row, now } = work
  if (!statusesToVoid.includes(row.status) || row.processor === null) return 'done'
  // A debit that the bank has returned: a refund would pay the customer twice.
  if (row.captured_amount > 0) return 'done'
  await abandonAttempts(db, { row, now, task })
  await deleteAcceptance(db, row)
  const call = await callOf(work)
  const { processor } = call
  if (await isUnsentDebit(db, processor, row)) return 'done'
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
      return await refundLateCapture(work)
    case 'undecided':
      return 'pending'
  }
}

/** Looks up the payment after a failed void: if it was captured, every further void would fail too. */
async function refundIfCaptured(work: Work): Promise<WorkResult> {
  const found = await lookUp(work.db, await callOf(work))
  if (!found.ok) return 'failed'
  if (found.result.state === 'voided') return 'done'
  return found.result.state === 'captured' ? await refundLateCapture(work) : 'failed'
}
