import type { disabledReasons, EventType, WebhookDelivery } from '@hedgepayments/contract'
import type { Timestamp } from '../domain/time.ts'

/** An address that events are sent to. */
export interface EndpointRow {
  merchant_id: string
  livemode: boolean
  id: string
  url: string
  events: string[]
  description: string | null
  enabled: boolean
  disabled_reason: (typeof disabledReasons)[number] | null
  /** Sealed: see sealer.ts. */
  secret: string
  old_secret: string | null
  old_secret_expires_at: Timestamp | null
  failing_since: Timestamp | null
  /** How many events the endpoint itself has had. */
  sequence: number
  replay_since: Timestamp | null
  /** A bigint, as text; so is the next one. */
  replay_from: string | null
  replay_through: string | null
  created_at: Timestamp
  updated_at: Timestamp
  deleted_at: Timestamp | null
}

/** One event on its way to one endpoint. */
export interface DeliveryRow {
  merchant_id: string
  livemode: boolean
  id: string
  endpoint_id: string
  /** A bigint, as text. */
  position: string
  subject_id: string
  sequence: number
  event_type: EventType
  status: WebhookDelivery['status']
  /** The number of the last attempt that counts. */
  attempts: number
  /** Attempts since then whose result came after their lease was lost: they are in the log only. */
  late_attempts: number
  /** Failures since it was last planned. */
  tries: number
  due_at: Timestamp | null
  lease: string | null
  /** Whether it was to be sent again while an attempt was in progress. */
  planned_again: boolean
  response_code: number | null
  duration_ms: number | null
  error: string | null
  created_at: Timestamp
}

/** What came of one attempt. */
export interface AttemptRow {
  merchant_id: string
  livemode: boolean
  delivery_id: string
  attempt: number
  response_code: number | null
  duration_ms: number | null
  error: string | null
  response_body: string | null
  created_at: Timestamp
}
