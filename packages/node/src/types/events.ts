import type { ListParams } from './lists.ts'
import type { Payment } from './payments.ts'

/** Something that happened to a payment. Source: api.md, Webhooks. */
export interface HedgeEvent {
  /** `evt_…`; deliveries may repeat, this is what to deduplicate on. */
  id: string
  object: 'event'
  type: HedgeEventType
  created: string
  livemode: boolean
  /** Counts 1, 2, 3 … within one payment, so that a receiver can order events and see a gap. */
  sequence: number
  /** The payment as it was at that moment. */
  data: Payment
}

export type HedgeEventType =
  | 'payment.created'
  | 'payment.initiated'
  | 'payment.processing'
  | 'payment.succeeded'
  | 'payment.failed'
  | 'payment.canceled'
  | 'payment.refunded'
  | 'payment.settled'
  | 'checkout.completed'
  | 'checkout.expired'
  | 'ach.returned'

export interface EventListParams extends ListParams {
  type?: HedgeEventType | readonly HedgeEventType[] | undefined
}
