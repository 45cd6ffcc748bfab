import type { disabledReasons, EventType, WebhookDelivery } from '@hedgepayments/contract'
import type { Timestamp } from '../domain/time.ts'

/** An endpoint: an address that receives events. */
export interface EndpointRow {
  merchant_id: string
  livemode: boolean
  id: string
  url: string
  events: string[]
  description: string | null
  enabled: boolean
  disabled_reason: (typeof disabledReasons)[number] | null
  /** Sealed: see `sealing/sealer.ts`. */
  secret: string
  old_secret: string | null
  old_secret_expires_at: Timestamp | null
  failing_since: Timestamp | null
  /** The number of the endpoint's last event. */
  sequence: number
  replay_since: Timestamp | null
  /** A bigint, as text, like the next column. */
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
  /** Attempts since then whose result came after their lease had ended. Only the log has them. */
  late_attempts: number
  /** Failures since the delivery was last planned. */
  tries: number
  due_at: Timestamp | null
  lease: string | null
  /** Whether a retry was requested while an attempt was in progress. */
  planned_again: boolean
  response_code: number | null
  duration_ms: number | null
  error: string | null
  created_at: Timestamp
}

/** The result of one attempt. */
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
