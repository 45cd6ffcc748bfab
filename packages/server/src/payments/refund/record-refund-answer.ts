import { type SqlBool, sql } from 'kysely'
import type { Tx } from '../../database/db.ts'
import type { PaymentRow, RefundRow } from '../../database/schema.ts'
import { accountOf } from '../../domain/account.ts'
import { statusesWithRefunds, statusOfRefunded } from '../../domain/lifecycle.ts'
import { latest, type Timestamp } from '../../domain/time.ts'
import { postRefundFailed, postRefundPaid, postRefundReturned } from '../../ledger/post.ts'
import type { Decline } from '../../processors/interface/processor.ts'
import { lockPayment, movePayment } from '../transition/move.sql.ts'
import { storeRefundAnswer, storeRefundReturn } from './refunds.sql.ts'

/** The processor's final answer to a refund. */
export type RefundAnswer =
  | { readonly outcome: 'refunded'; readonly reference: string }
  | { readonly outcome: 'declined'; readonly reference: string | null; readonly decline: Decline }

/**
 * Records the processor's answer to a refund, with an event. The amount of a declined refund can be
 * refunded again. Does nothing where the refund has an answer already.
 */
export async function recordRefundAnswer(
  tx: Tx,
  { refund, answer, now }: { refund: RefundRow; answer: RefundAnswer; now: Timestamp },
): Promise<void> {
  const row = await lockPaymentOf(tx, refund)
  const isRefunded = answer.outcome === 'refunded'
  const isNew = await storeRefundAnswer(tx, refund, {
    status: isRefunded ? 'succeeded' : 'failed',
    failureCode: isRefunded ? null : answer.decline.code,
    failureMessage: isRefunded ? null : answer.decline.message,
    reference: answer.reference,
    sequence: row.sequence + 1,
    at: latest(now, row.updated_at),
  })
  if (!isNew) return
  if (answer.outcome === 'declined') {
    const failed = await subtractRefund(tx, { row, refund, reason: answer.decline.code, now })
    await postRefundFailed(tx, failed, refund.amount)
    return
  }
  const moved = await movePayment(tx, {
    row,
    event: 'payment.refund_succeeded',
    change: {},
    guard: isRefundCounted(refund),
    actor: { type: 'processor', id: row.processor },
    reason: refund.reason,
    now,
  })
  await postRefundPaid(tx, moved, refund.amount)
}

/** The failure of a refund that the processor had accepted. */
export const refundFailedLater: Decline = {
  code: 'refund_failed',
  message: 'The processor took the refund and could not pay it out.',
}

/**
 * Records that a paid refund has come back to the processor, with an event. Its amount can be refunded
 * again. Does nothing where that is recorded already.
 */
export async function recordReturnedRefund(
  tx: Tx,
  { refund, decline, now }: { refund: RefundRow; decline: Decline; now: Timestamp },
): Promise<void> {
  const row = await lockPaymentOf(tx, refund)
  const isNew = await storeRefundReturn(tx, refund, {
    failureCode: decline.code,
    failureMessage: decline.message,
    sequence: row.sequence + 1,
    at: latest(now, row.updated_at),
  })
  if (!isNew) return
  const moved = await subtractRefund(tx, { row, refund, reason: decline.code, now })
  await postRefundReturned(tx, moved, refund.amount)
}

async function lockPaymentOf(tx: Tx, refund: RefundRow): Promise<PaymentRow> {
  const account = accountOf(refund)
  const row = await lockPayment(tx, { account, id: refund.payment_id })
  if (!row) throw new Error('the payment of a refund was not found')
  return row
}

/** Subtracts a failed refund from the refunded amount, and computes the status again. */
async function subtractRefund(
  tx: Tx,
  failed: { row: PaymentRow; refund: RefundRow; reason: string; now: Timestamp },
): Promise<PaymentRow> {
  const { row, refund, reason, now } = failed
  const refundedMinor = row.refunded_amount - refund.amount
  return await movePayment(tx, {
    row,
    event: 'payment.refund_failed',
    change: {
      refunded_amount: refundedMinor,
      status: statusOfRefunded({ capturedMinor: row.captured_amount, refundedMinor }),
    },
    guard: isRefundCounted(refund),
    actor: { type: 'processor', id: row.processor },
    reason,
    now,
  })
}

function isRefundCounted(refund: RefundRow) {
  return sql<SqlBool>`status = any(${statusesWithRefunds}::text[])
    and refunded_amount >= ${refund.amount}::integer`
}
