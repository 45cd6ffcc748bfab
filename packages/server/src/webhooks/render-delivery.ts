import type {
  DeliveryId,
  WebhookAttempt,
  WebhookDelivery,
  WebhookEndpointId,
} from '@hedgepayments/contract'
import type { AttemptRow, DeliveryRow } from '../database/webhook-rows.ts'
import { eventId } from '../events/event-id.ts'

/** The delivery as the API shows it. */
export function renderDelivery(row: DeliveryRow): WebhookDelivery {
  return {
    id: row.id as DeliveryId,
    object: 'webhook_delivery',
    livemode: row.livemode,
    endpoint_id: row.endpoint_id as WebhookEndpointId,
    event_id: eventId(row.subject_id, row.sequence),
    event_type: row.event_type,
    attempt: row.attempts,
    status: row.status,
    response_code: row.response_code,
    duration_ms: row.duration_ms,
    error: row.error,
    created_at: row.created_at,
    next_attempt_at: row.due_at,
  }
}

/** The attempt as the API shows it. */
export function renderAttempt(row: AttemptRow): WebhookAttempt {
  return {
    object: 'webhook_attempt',
    attempt: row.attempt,
    response_code: row.response_code,
    duration_ms: row.duration_ms,
    error: row.error,
    response_body: row.response_body,
    created_at: row.created_at,
  }
}
