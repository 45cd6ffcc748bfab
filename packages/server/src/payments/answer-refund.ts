import { type SqlBool, sql } from 'kysely'
import type { PaymentRow, RefundRow, Timestamp } from '../database/schema.ts'
import type { Tx } from '../idempotency/once.ts'
import { postRefundFailed, postRefundPaid, postRefundReturned } from '../ledger/post.ts'
import type { Decline } from '../processors/processor.ts'
import { answerRefund, returnRefund } from '../refunds/refunds.sql.ts'
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
    guard: isRefundCounted(refund),
    actor: { type: 'processor', id: row.processor },
    reason: isRefunded ? refund.reason : answer.decline.code,
    now,
  })
  if (isRefunded) await postRefundPaid(tx, moved, refund.amount)
  else await postRefundFailed(tx, moved, refund.amount)
}

/** Why a refund failed that the processor had taken. */
export const refundFailedLater: Decline = {
  code: 'refund_failed',
  message: 'The processor took the refund and could not pay it out.',
}

/**
 * Writes down that a refund which was paid has come back to the processor, with an event: its
 * amount can be refunded again. Does nothing where that is known already.
 */
export async function takeRefundBack(
  tx: Tx,
  { refund, decline, now }: { refund: RefundRow; decline: Decline; now: Timestamp },
): Promise<void> {
  const account = { merchantId: refund.merchant_id, livemode: refund.livemode }
  const row = await lockPayment(tx, { account, id: refund.payment_id })
  if (!row) throw new Error('the payment of a refund vanished')
  const isNew = await returnRefund(tx, refund, {
    failureCode: decline.code,
    failureMessage: decline.message,
    sequence: row.sequence + 1,
    at: latest(now, row.updated_at),
  })
  if (!isNew) return
  const moved = await movePayment(tx, {
    row,
    type: 'payment.refund_failed',
    change: withoutRefund(row, refund),
    guard: isRefundCounted(refund),
    actor: { type: 'processor', id: row.processor },
    reason: decline.code,
    now,
  })
  await postRefundReturned(tx, moved, refund.amount)
}

function isRefundCounted(refund: RefundRow) {
  return sql<SqlBool>`status = any(${statusesWithRefunds}::text[])
    and refunded_amount >= ${refund.amount}::integer`
}

function withoutRefund(row: PaymentRow, refund: RefundRow): Partial<PaymentRow> {
  const refundedMinor = row.refunded_amount - refund.amount
  return {
    refunded_amount: refundedMinor,
    status: statusOfRefunded({ amountMinor: row.amount, refundedMinor }),
  }
}
