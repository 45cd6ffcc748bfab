import type { ListParams, TimeRange } from './lists.ts'

/** A dispute: the customer demands the money back from the bank. */
export interface Dispute {
  /** `dp_…` */
  id: string
  object: 'dispute'
  livemode: boolean
  /** The disputed payment, `pay_…`. */
  payment: string
  /** The disputed amount in minor units. */
  amount: number
  /** How much of your money is withdrawn, in minor units. 0 once the dispute is won. */
  withdrawn_amount: number
  currency: string
  /** The processor's fee in minor units. 0 after the processor has returned it. */
  fee: number
  /** While it is `needs_response`, the processor accepts evidence. */
  status: DisputeStatus
  /** The processor's code of the reason, such as `fraudulent`. */
  reason: string
  /** Until when evidence is accepted. ISO 8601 UTC. `null`: the processor accepts none. */
  evidence_due_by: string | null
  /** The processor's name, such as `stripe`. */
  processor: string
  /** The dispute in the processor's dashboard, where you submit evidence. */
  processor_url: string | null
  created_at: string
  updated_at: string
}

export type DisputeStatus = 'needs_response' | 'under_review' | 'won' | 'lost'

export interface DisputeListParams extends ListParams {
  /** Only disputes of this payment. */
  payment?: string | undefined
  status?: DisputeStatus | readonly DisputeStatus[] | undefined
  created_at?: TimeRange | undefined
}
