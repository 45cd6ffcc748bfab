import { commit } from '../../database/commit.ts'
import type { Db } from '../../database/db.ts'
import type { RefundRow } from '../../database/schema.ts'
import type { Timestamp } from '../../domain/time.ts'
import type { PaymentState } from '../../processors/interface/processor.ts'
import { recordReturnedRefund, refundFailedLater } from './record-refund-answer.ts'

/**
 * Compares paid refunds with their state at the processor. A bank may return a refund days later, when
 * the customer's account is closed.
 *
 * @param payment the processor's state, looked up after `paid` was read.
 */
export async function checkPaidRefunds(
  db: Db,
  { paid, payment, now }: { paid: readonly RefundRow[]; payment: PaymentState; now: Timestamp },
): Promise<void> {
  if (payment.state !== 'captured') return
  for (const refund of paid) {
    const found = payment.refunds.find(({ refundId }) => refundId === refund.id)
    if (found?.status !== 'failed') continue
    const decline = refundFailedLater
    await commit(db, 'refund answer', (tx) => recordReturnedRefund(tx, { refund, decline, now }))
  }
}
