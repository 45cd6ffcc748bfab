import { commit } from '../../database/commit.ts'
import type { Db } from '../../database/connect.ts'
import type { PaymentRow, RefundRow } from '../../database/schema.ts'
import type { Timestamp } from '../../domain/time.ts'
import type { PaymentState } from '../../processors/interface/processor.ts'
import { findRefunds } from '../view/refunds.sql.ts'
import { refundFailedLater, takeRefundBack } from './record-refund-answer.ts'

/** Refunds of a payment that the processor has said it has paid, oldest first. */
export async function findPaidRefunds(db: Db, row: PaymentRow): Promise<RefundRow[]> {
  if (row.refund_count === 0) return []
  const account = { merchantId: row.merchant_id, livemode: row.livemode }
  const refunds = await findRefunds(db, { account, paymentId: row.id })
  return refunds.filter(({ status }) => status === 'succeeded')
}

/**
 * Compares refunds that were paid with what the processor says of them now: a bank may send one
 * back days later, when the customer's account is closed.
 */
export async function checkRefunds(
  db: Db,
  { paid, truth, now }: { paid: readonly RefundRow[]; truth: PaymentState; now: Timestamp },
): Promise<void> {
  if (truth.state !== 'captured') return
  for (const refund of paid) {
    const found = truth.refunds.find(({ refundId }) => refundId === refund.id)
    if (found?.status !== 'failed') continue
    const decline = refundFailedLater
    await commit(db, 'refund answer', (tx) => takeRefundBack(tx, { refund, decline, now }))
  }
}
