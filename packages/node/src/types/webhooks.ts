import type { HedgeEventType } from './events.ts'
import type { ListParams } from './lists.ts'

/** An address that events are sent to. */
export interface WebhookEndpoint {
  /** `whe_…` */
  id: string
  object: 'webhook_endpoint'
  livemode: boolean
  url: string
  events: WebhookSelection
  description: string | null
  enabled: boolean
  created_at: string
  updated_at: string
}

/** The answer to a create or a rotation: the only time the secret is shown. */
export interface WebhookEndpointWithSecret extends WebhookEndpoint {
  /** `whsec_…` */
  secret: string
}

export interface DeletedWebhookEndpoint {
  id: string
  object: 'webhook_endpoint'
  deleted: true
}

export type WebhookSelection = HedgeEventType[] | ['*']

/** One attempt to send one event to one endpoint. */
export interface WebhookDelivery {
  id: string
  object: 'webhook_delivery'
  livemode: boolean
  endpoint_id: string
  event_id: string
  event_type: HedgeEventType
  /** Counts from 1. */
  attempt: number
  status: 'pending' | 'succeeded' | 'failed'
  /** The receiver's HTTP status, `null` when it gave none. */
  response_code: number | null
  duration_ms: number | null
  created_at: string
  next_attempt_at: string | null
}

export interface WebhookEndpointCreateParams {
  url: string
  /** Default: `['*']`, all. */
  events?: readonly HedgeEventType[] | readonly ['*'] | undefined
  description?: string | null | undefined
}

export interface WebhookEndpointUpdateParams {
  url?: string | undefined
  events?: readonly HedgeEventType[] | readonly ['*'] | undefined
  description?: string | null | undefined
  enabled?: boolean | undefined
  /** Makes a new secret; the answer shows it. The old one stays valid for 24 hours. */
  rotate_secret?: boolean | undefined
}

export interface WebhookDeliveryListParams extends ListParams {
  endpoint_id?: string | undefined
  event_id?: string | undefined
  status?: WebhookDelivery['status'] | undefined
}

export interface WebhookTriggerParams {
  /** Whose state the event shows. Default: a made-up payment. */
  payment_id?: string | undefined
}
