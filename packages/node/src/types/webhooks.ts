import type { HedgeEventType } from './event-types.ts'
import type { ListParams, TimeRange } from './lists.ts'

/** A URL that receives events. */
export interface WebhookEndpoint {
  /** `whe_…` */
  id: string
  object: 'webhook_endpoint'
  livemode: boolean
  url: string
  events: WebhookSelection
  description: string | null
  enabled: boolean
  /** `requested` by you, `gone` (the endpoint answered 410), or `failing` for days. */
  disabled_reason: 'requested' | 'gone' | 'failing' | null
  /** Since when all attempts have failed. */
  failing_since: string | null
  /** After a rotation, until when the old secret also signs. */
  old_secret_expires_at: string | null
  created_at: string
  updated_at: string
}

/** The answer to a create or a rotation. Only this answer contains the secret. */
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

/** The delivery of one event to one endpoint, with the result of the last attempt. */
export interface WebhookDelivery extends WebhookAttemptResult {
  /** `whd_…` */
  id: string
  object: 'webhook_delivery'
  livemode: boolean
  endpoint_id: string
  event_id: string
  event_type: HedgeEventType
  /** The number of the last attempt; 0 before the first. */
  attempt: number
  /** `failed`: abandoned after the last attempt. It can be retried manually. */
  status: 'pending' | 'succeeded' | 'failed'
  created_at: string
  /** `null` once the delivery has succeeded or failed. */
  next_attempt_at: string | null
}

export interface WebhookAttemptResult {
  /** The receiver's HTTP status; `null` if it did not answer. */
  response_code: number | null
  duration_ms: number | null
  /** The error message; `null` if the receiver answered 2xx. */
  error: string | null
}

export interface WebhookAttempt extends WebhookAttemptResult {
  object: 'webhook_attempt'
  /** Counts from 1. */
  attempt: number
  /** The first kilobyte of the answer, if it is text. */
  response_body: string | null
  created_at: string
}

export interface WebhookDeliveryWithAttempts extends WebhookDelivery {
  /** The newest hundred, newest first. */
  attempts: WebhookAttempt[]
}

/** The failed deliveries of an endpoint that will be retried. */
export interface WebhookRetry {
  object: 'webhook_retry'
  livemode: boolean
  endpoint_id: string
  /** The number of retried deliveries, oldest first. */
  count: number
  /** Whether more failed deliveries are left. If so, call again. */
  has_more: boolean
}

/** A replay: all events since a time are sent again in the background. */
export interface WebhookReplay {
  object: 'webhook_replay'
  livemode: boolean
  endpoint_id: string
  since: string
}

export interface WebhookEndpointCreateParams {
  url: string
  /** Default: `['*']`, all types. */
  events?: readonly HedgeEventType[] | readonly ['*'] | undefined
  description?: string | null | undefined
}

export interface WebhookEndpointUpdateParams {
  url?: string | undefined
  events?: readonly HedgeEventType[] | readonly ['*'] | undefined
  description?: string | null | undefined
  enabled?: boolean | undefined
  /** Creates a new secret, which the answer contains. The old one stays valid for 24 hours. */
  rotate_secret?: boolean | undefined
}

export interface WebhookDeliveryListParams extends ListParams {
  endpoint_id?: string | undefined
  event_id?: string | undefined
  payment_id?: string | undefined
  status?: WebhookDelivery['status'] | undefined
  created_at?: TimeRange | undefined
}

export interface WebhookReplayParams {
  /** All events at or after this time. */
  since: Date | string
}

export interface WebhookTriggerParams {
  /** The payment that the event contains. Default: a sample payment. */
  payment_id?: string | undefined
  /** Only to this endpoint, also if it does not subscribe to the type. Default: all endpoints. */
  endpoint_id?: string | undefined
}
