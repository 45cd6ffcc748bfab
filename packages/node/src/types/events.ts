import type { ListParams } from './lists.ts'
import type { Payment, PaymentStatus } from './payments.ts'

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
  actor: EventActor
  /** `null` for the first event of a payment. */
  from_status: PaymentStatus | null
  to_status: PaymentStatus | null
  /** Why, where somebody said so. */
  reason: string | null
  /** The payment as it was at that moment. */
  data: Payment
}

/** Who made it happen. */
export interface EventActor {
  type: 'api_key' | 'system' | 'processor' | 'customer'
  /** The key that was used; `null` for the system. */
  id: string | null
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
  payment_id?: string | undefined
}
