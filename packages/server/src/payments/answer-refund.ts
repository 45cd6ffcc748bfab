import { sql } from 'kysely'
import type { PaymentRow, RefundRow, Timestamp } from '../database/schema.ts'
import type { Tx } from '../idempotency/once.ts'
import { postRefundFailed, postRefundPaid } from '../ledger/post.ts'
import type { Decline } from '../processors/processor.ts'
import { answerRefund } from '../refunds/refunds.sql.ts'
import { latest } from '../time.ts'
import { statusesWithRefunds, statusOfRefunded } from './lifecycle.ts'
import { lockPayment, movePayment } from './move.sql.ts'

/** The processor's last word on a refund. */
export type RefundAnswer =
  | { readonly outcome: 'refunded'; readonly reference: string }
  | { readonly outcome: 'declined'; readonly reference: string | null; readonly decline: Decline }

/**
 * Writes down what the processor said of a refund, with an event. One that it refused gives its
 * amount back to what can be refunded. Does nothing where the answer is known already.
 */
export async function recordRefundAnswer(
  tx: Tx,
  { refund, answer, now }: { refund: RefundRow; answer: RefundAnswer; now: Timestamp },
): Promise<void> {
  const account = { merchantId: refund.merchant_id, livemode: refund.livemode }
  const row = await lockPayment(tx, { account, id: refund.payment_id })
  if (!row) throw new Error('the payment of a refund vanished')
  const isRefunded = answer.outcome === 'refunded'
  const isNew = await answerRefund(tx, refund, {
    status: isRefunded ? 'succeeded' : 'failed',
    failureCode: isRefunded ? null : answer.decline.code,
    failureMessage: isRefunded ? null : answer.decline.message,
    reference: answer.reference,
    sequence: row.sequence + 1,
    at: latest(now, row.updated_at),
  })
  if (!isNew) return
  const moved = await movePayment(tx, {
    row,
    type: isRefunded ? 'payment.refund_succeeded' : 'payment.refund_failed',
    change: isRefunded ? {} : withoutRefund(row, refund),
    guard: sql`status = any(${statusesWithRefunds}::text[])
      and refunded_amount >= ${refund.amount}::integer`,
    actor: { type: 'processor', id: row.processor },
    reason: isRefunded ? refund.reason : answer.decline.code,
    now,
  })
  if (isRefunded) await postRefundPaid(tx, moved, refund.amount)
  else await postRefundFailed(tx, moved, refund.amount)
}

function withoutRefund(row: PaymentRow, refund: RefundRow): Partial<PaymentRow> {
  const refundedMinor = row.refunded_amount - refund.amount
  return {
    refunded_amount: refundedMinor,
    status: statusOfRefunded({ amountMinor: row.amount, refundedMinor }),
  }
}
