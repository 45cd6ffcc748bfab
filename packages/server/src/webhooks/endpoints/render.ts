import type {
  DeliveryId,
  WebhookAttempt,
  WebhookDelivery,
  WebhookEndpoint,
  WebhookEndpointId,
} from '@hedgepayments/contract'
import type { AttemptRow, DeliveryRow, EndpointRow } from '../../database/webhook-rows.ts'
import { eventId } from '../../events/event-id.ts'

/** The endpoint as the API shows it: never with its secret. */
export function renderEndpoint(row: EndpointRow): WebhookEndpoint {
  return {
    id: row.id as WebhookEndpointId,
    object: 'webhook_endpoint',
    livemode: row.livemode,
    url: row.url,
    events: row.events as WebhookEndpoint['events'],
    description: row.description,
    enabled: row.enabled,
    disabled_reason: row.disabled_reason,
    failing_since: row.failing_since,
    old_secret_expires_at: row.old_secret_expires_at,
    created_at: row.created_at,
    updated_at: row.updated_at,
  }
}

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
