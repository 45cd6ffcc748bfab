import type { RefundResult } from '../../processors/interface/results.ts'
import { callOf, type Work } from '../tasks/work.ts'
import { type CallResult, callProcessor, describeOutcome } from './call-processor.ts'
import { processorKeyOf } from './processor-keys.ts'

/** Calls the processor to refund a part of a captured payment, or all of it. */
export async function callRefund(
  work: Work,
  refund: {
    kind: 'refund' | 'refund_late_capture'
    /** The first idempotency key of this refund at the processor. */
    firstKey: string
    refundId: string
    amountMinor: number
    reason: string | null
  },
): Promise<CallResult<RefundResult>> {
  const { kind, firstKey, refundId, amountMinor, reason } = refund
  const base = await callOf(work)
  return await callProcessor<RefundResult>(work.db, {
    ...base,
    kind,
    processorKey: await processorKeyOf(work.db, { row: work.row, kind, firstKey }),
    run: (payment, call) =>
      base.processor.refund(payment, { ...call, refundId, amountMinor, reason }),
    describe: describeOutcome,
  })
}
