import type { WebhookEndpoint, WebhookEndpointId } from '@hedgepayments/contract'
import type { EndpointRow } from '../../database/webhook-rows.ts'

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
