import type { HedgeEventType } from './event-types.ts'
import type { ListParams, TimeRange } from './lists.ts'

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
  /** `requested` by you, `gone` (it answered 410), or `failing` for days. */
  disabled_reason: 'requested' | 'gone' | 'failing' | null
  /** Since when every attempt has failed. */
  failing_since: string | null
  /** After a rotation: until when the old secret signs as well. */
  old_secret_expires_at: string | null
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

/** One event on its way to one endpoint; code, duration and error are of the last attempt. */
export interface WebhookDelivery extends WebhookAttemptResult {
  /** `whd_…` */
  id: string
  object: 'webhook_delivery'
  livemode: boolean
  endpoint_id: string
  event_id: string
  event_type: HedgeEventType
  /** Number of the last attempt, counted from 1; 0 before the first. */
  attempt: number
  /** `failed`: given up; it can be retried by hand. */
  status: 'pending' | 'succeeded' | 'failed'
  created_at: string
  /** `null` once it is decided. */
  next_attempt_at: string | null
}

export interface WebhookAttemptResult {
  /** The receiver's HTTP status, `null` when it gave none. */
  response_code: number | null
  duration_ms: number | null
  /** What went wrong, in words; `null` for an answer of 2xx. */
  error: string | null
}

export interface WebhookAttempt extends WebhookAttemptResult {
  object: 'webhook_attempt'
  /** Counts from 1. */
  attempt: number
  /** The first kilobyte of the answer, as far as it is text. */
  response_body: string | null
  created_at: string
}

export interface WebhookDeliveryWithAttempts extends WebhookDelivery {
  /** The newest hundred, newest first. */
  attempts: WebhookAttempt[]
}

/** Failed deliveries of an endpoint, put down to be tried again. */
export interface WebhookRetry {
  object: 'webhook_retry'
  livemode: boolean
  endpoint_id: string
  /** How many are tried again: the oldest first. */
  count: number
  /** Whether failed ones are left: ask again. */
  has_more: boolean
}

/** All events since a time, sent again in the background. */
export interface WebhookReplay {
  object: 'webhook_replay'
  livemode: boolean
  endpoint_id: string
  since: string
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
  payment_id?: string | undefined
  status?: WebhookDelivery['status'] | undefined
  created_at?: TimeRange | undefined
}

export interface WebhookReplayParams {
  /** Every event of this moment or later. */
  since: Date | string
}

export interface WebhookTriggerParams {
  /** Whose state the event shows. Default: a made-up payment. */
  payment_id?: string | undefined
  /** Only to this endpoint, whatever types it takes. Default: to all. */
  endpoint_id?: string | undefined
}
