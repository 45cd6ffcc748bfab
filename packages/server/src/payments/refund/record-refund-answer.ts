import { type SqlBool, sql } from 'kysely'
import type { Tx } from '../../database/db.ts'
import type { PaymentRow, RefundRow } from '../../database/schema.ts'
import { statusesWithRefunds, statusOfRefunded } from '../../domain/lifecycle.ts'
import { latest, type Timestamp } from '../../domain/time.ts'
import { postRefundFailed, postRefundPaid, postRefundReturned } from '../../ledger/post.ts'
import type { Decline } from '../../processors/interface/results.ts'
import { causeOf, type Declaration } from '../transition/declaration.ts'
import { movePayment } from '../transition/move.sql.ts'
import { storeRefundAnswer, storeRefundReturn } from './refunds.sql.ts'

/** The final answer to a refund: the processor's, or an operator's, who has no reference. */
export type RefundAnswer =
  | { readonly outcome: 'refunded'; readonly reference: string | null }
  | { readonly outcome: 'declined'; readonly reference: string | null; readonly decline: Decline }

/** A refund of a locked payment, at a time of the merchant's clock. */
interface OfPayment {
  readonly row: PaymentRow
  readonly refund: RefundRow
  readonly now: Timestamp
}

/**
 * Records the processor's answer to a refund of a locked payment, with an event. The amount of a
 * declined refund can be refunded again. Does nothing where the refund has an answer already.
 *
 * @returns the payment's row after the step.
 */
export async function recordRefundAnswer(
  tx: Tx,
  { row, refund, answer, now, by }: OfPayment & { answer: RefundAnswer; by?: Declaration },
): Promise<PaymentRow> {
  const isRefunded = answer.outcome === 'refunded'
  const isNew = await storeRefundAnswer(tx, refund, {
    status: isRefunded ? 'succeeded' : 'failed',
    failureCode: isRefunded ? null : answer.decline.code,
    failureMessage: isRefunded ? null : answer.decline.message,
    reference: answer.reference,
    sequence: row.sequence + 1,
    at: latest(now, row.updated_at),
  })
  if (!isNew) return row
  if (answer.outcome === 'declined') {
    const cause = causeOf(row, by, answer.decline.code)
    const failed = await subtractRefund(tx, { row, refund, cause, now })
    await postRefundFailed(tx, failed, refund.amount)
    return failed
  }
  const moved = await movePayment(tx, {
    row,
    event: 'payment.refund_succeeded',
    change: {},
    guard: isRefundCounted(refund),
    ...causeOf(row, by, refund.reason),
    now,
  })
  await postRefundPaid(tx, moved, refund.amount)
  return moved
}

/** The failure of a refund that the processor had accepted. */
export const refundFailedLater: Decline = {
  code: 'refund_failed',
  message: 'The processor took the refund and could not pay it out.',
}

/**
 * Records that a paid refund of a locked payment has come back to the processor, with an event. Its
 * amount can be refunded again. Does nothing where that is recorded already.
 *
 * @returns the payment's row after the step.
 */
export async function recordReturnedRefund(
  tx: Tx,
  { row, refund, decline, now }: OfPayment & { decline: Decline },
): Promise<PaymentRow> {
  const isNew = await storeRefundReturn(tx, refund, {
    failureCode: decline.code,
    failureMessage: decline.message,
    sequence: row.sequence + 1,
    at: latest(now, row.updated_at),
  })
  if (!isNew) return row
  const cause = causeOf(row, undefined, decline.code)
  const moved = await subtractRefund(tx, { row, refund, cause, now })
  await postRefundReturned(tx, moved, refund.amount)
  return moved
}

/** Subtracts a failed refund from the refunded amount, and computes the status again. */
async function subtractRefund(
  tx: Tx,
  failed: OfPayment & { cause: ReturnType<typeof causeOf> },
): Promise<PaymentRow> {
  const { row, refund, cause, now } = failed
  const refundedMinor = row.refunded_amount - refund.amount
  return await movePayment(tx, {
    row,
    event: 'payment.refund_failed',
    change: {
      refunded_amount: refundedMinor,
      // A returned debit stays failed, whatever becomes of its refunds.
      status:
        row.status === 'failed'
          ? row.status
          : statusOfRefunded({ capturedMinor: row.captured_amount, refundedMinor }),
    },
    guard: isRefundCounted(refund),
    ...cause,
    now,
  })
}

function isRefundCounted(refund: RefundRow) {
  return sql<SqlBool>`status = any(${statusesWithRefunds}::text[])
    and refunded_amount >= ${refund.amount}::integer`
}
