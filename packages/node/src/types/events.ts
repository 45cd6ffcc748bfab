import type { HedgeError } from '../errors.ts'
import type { CheckoutSession } from './checkout.ts'
import type { Dispute } from './disputes.ts'
import type {
  CheckoutEventType,
  DisputeEventType,
  EndpointEventType,
  HedgeEventType,
} from './event-types.ts'
import type { ListParams, TimeRange } from './lists.ts'
import type { Payment, PaymentStatus } from './payments.ts'
import type { WebhookEndpoint } from './webhooks.ts'

/** An event. `type` decides the type of `data`. */
export type HedgeEvent =
  | EventOf<
      Exclude<HedgeEventType, CheckoutEventType | DisputeEventType | EndpointEventType>,
      Payment
    >
  | EventOf<DisputeEventType, Dispute>
  | EventOf<CheckoutEventType, CheckoutSession>
  | EventOf<EndpointEventType, WebhookEndpoint>

export interface EventOf<Type extends HedgeEventType, Data> {
  /** `evt_…`. A webhook may be delivered twice; deduplicate by this id. */
  id: string
  object: 'event'
  type: Type
  created: string
  livemode: boolean
  /** Counts 1, 2, 3 … within one payment, so that a receiver can order events and detect a gap. */
  sequence: number
  actor: EventActor
  /** The earlier status; `null` for the first event of a payment. */
  from_status: PaymentStatus | null
  to_status: PaymentStatus | null
  /** The reason of the request, if it gave one. */
  reason: string | null
  /** The payment, dispute, checkout session or webhook endpoint after the event. */
  data: Data
}

/** The actor of an event. */
export interface EventActor {
  type: 'api_key' | 'system' | 'processor' | 'customer'
  /** The id of the key; `null` for the system. */
  id: string | null
}

export interface EventListParams extends ListParams {
  type?: HedgeEventType | readonly HedgeEventType[] | undefined
  payment_id?: string | undefined
  created?: TimeRange | undefined
}

/** The parameters of `events.stream`. */
export interface EventStreamParams {
  type?: HedgeEventType | readonly HedgeEventType[] | undefined
  payment_id?: string | undefined
  /** The event to continue after. `null`: begin with the first event. Default: begin now. */
  lastEventId?: string | null | undefined
  /** Ends the stream. */
  signal?: AbortSignal | undefined
  /** Called after each successful connection. */
  onConnect?: (() => void) | undefined
  /** Called after each lost or failed connection. The stream reconnects automatically. */
  onDisconnect?: ((error: HedgeError | undefined) => void) | undefined
}
