import type { HedgeError } from '../errors.ts'
import type { CheckoutSession } from './checkout.ts'
import type { CheckoutEventType, EndpointEventType, HedgeEventType } from './event-types.ts'
import type { ListParams, TimeRange } from './lists.ts'
import type { Payment, PaymentStatus } from './payments.ts'
import type { WebhookEndpoint } from './webhooks.ts'

/** Something that happened; the type tells what `data` is. Source: api.md, Webhooks. */
export type HedgeEvent =
  | EventOf<Exclude<HedgeEventType, CheckoutEventType | EndpointEventType>, Payment>
  | EventOf<CheckoutEventType, CheckoutSession>
  | EventOf<EndpointEventType, WebhookEndpoint>

export interface EventOf<Type extends HedgeEventType, Data> {
  /** `evt_…`; deliveries may repeat, this is what to deduplicate on. */
  id: string
  object: 'event'
  type: Type
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
  /** The payment, checkout session or webhook endpoint as it was at that moment. */
  data: Data
}

/** Who made it happen. */
export interface EventActor {
  type: 'api_key' | 'system' | 'processor' | 'customer'
  /** The key that was used; `null` for the system. */
  id: string | null
}

export interface EventListParams extends ListParams {
  type?: HedgeEventType | readonly HedgeEventType[] | undefined
  payment_id?: string | undefined
  created?: TimeRange | undefined
}

/** What `events.stream` follows, and from where. */
export interface EventStreamParams {
  type?: HedgeEventType | readonly HedgeEventType[] | undefined
  payment_id?: string | undefined
  /** The event to go on after; `null`: all from the first one. Default: the newest there is. */
  lastEventId?: string | null | undefined
  /** Ends the stream. */
  signal?: AbortSignal | undefined
  /** Told each time a connection stands. */
  onConnect?: (() => void) | undefined
  /** Told each time it is lost or not to be had; it is tried again by itself. */
  onDisconnect?: ((error: HedgeError | undefined) => void) | undefined
}
