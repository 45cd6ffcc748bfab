import type { PaymentId, Refund, RefundId } from '@hedgepayments/contract'
import type { RefundRow } from '../../database/schema.ts'

/** The refunds of a payment as of one of its events. */
export function refundsAt(rows: readonly RefundRow[], sequence: number): Refund[] {
  return rows
    .filter((row) => row.requested_sequence <= sequence)
    .map((row) => {
      const isAnswered = row.answered_sequence !== null && row.answered_sequence <= sequence
      const isReturnedLater = row.returned_sequence !== null && row.returned_sequence > sequence
      if (isAnswered && !isReturnedLater) return renderRefund(row)
      const status = isAnswered ? 'succeeded' : 'pending'
      return renderRefund({ ...row, status, failure_code: null, failure_message: null })
    })
}

/** The refund as the API shows it. */
export function renderRefund(row: RefundRow): Refund {
  return {
    id: row.id as RefundId,
    object: 'refund',
    payment_id: row.payment_id as PaymentId,
    amount: row.amount,
    currency: row.currency,
    status: row.status,
    actor: { type: row.actor_type, id: row.actor_id },
    reason: row.reason,
    metadata: row.metadata,
    failure_code: row.failure_code,
    failure_message: row.failure_message,
    created_at: row.created_at,
  }
}
