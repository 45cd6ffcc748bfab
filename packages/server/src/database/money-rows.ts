import type { DisputeStatus } from '@hedgepayments/contract'
import type { Timestamp } from '../domain/time.ts'

/** A dispute of a payment, as the processor last reported it. */
export interface DisputeRow {
  merchant_id: string
  livemode: boolean
  id: string
  payment_id: string
  processor: string
  processor_reference: string
  processor_url: string | null
  amount: number
  withdrawn_amount: number
  currency: string
  fee: number
  status: DisputeStatus
  reason: string
  evidence_due_by: Timestamp | null
  created_at: Timestamp
  updated_at: Timestamp
}

/** A row of the ledger: money that leaves one account and arrives in another. */
export interface LedgerTransferRow {
  merchant_id: string
  livemode: boolean
  payment_id: string
  event_sequence: number
  kind:
    | 'capture'
    | 'fee'
    | 'settlement'
    | 'refund'
    | 'refund_paid'
    | 'refund_failed'
    | 'dispute'
    | 'dispute_fee'
    | 'dispute_returned'
    | 'dispute_fee_returned'
  debit_account: string
  credit_account: string
  /** A bigint, but no amount exceeds an integer. */
  amount: number
  currency: string
  created_at: Timestamp
}
