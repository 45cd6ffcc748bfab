import type { Dispute, DisputeId, PaymentId } from '@hedgepayments/contract'
import type { DisputeRow } from '../database/money-rows.ts'

/** The dispute as the API shows it. The order of the fields is that of `Dispute` in the contract. */
export function renderDispute(row: DisputeRow): Dispute {
  return {
    id: row.id as DisputeId,
    object: 'dispute',
    livemode: row.livemode,
    payment: row.payment_id as PaymentId,
    amount: row.amount,
    withdrawn_amount: row.withdrawn_amount,
    currency: row.currency,
    fee: row.fee,
    status: row.status,
    reason: row.reason,
    evidence_due_by: row.evidence_due_by,
    processor: row.processor,
    processor_url: row.processor_url,
    created_at: row.created_at,
    updated_at: row.updated_at,
  }
}
