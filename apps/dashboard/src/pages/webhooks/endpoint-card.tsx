import type { WebhookEndpoint } from '@hedgepayments/contract'
import { formatTimestamp } from '../../format.ts'
import { Badge } from '../../parts/badge.tsx'
import { EndpointActions, type EndpointProps } from './endpoint-actions.tsx'

/** One webhook endpoint: its state and its actions. */
export function EndpointCard({ endpoint, livemode, onSecret }: EndpointProps) {
  return (
    <li className="card">
      <div className="key-head">
        <h2>{endpoint.url}</h2>
        <HealthBadge endpoint={endpoint} />
      </div>
      {endpoint.description ? <p>{endpoint.description}</p> : null}
      <p className="quiet">
        {endpoint.events[0] === '*' ? 'Every event' : endpoint.events.join(', ')}
        {endpoint.failing_since
          ? ` · failing since ${formatTimestamp(endpoint.failing_since)}`
          : null}
        {endpoint.old_secret_expires_at
          ? ` · the old secret signs too until ${formatTimestamp(endpoint.old_secret_expires_at)}`
          : null}
      </p>
      <EndpointActions endpoint={endpoint} livemode={livemode} onSecret={onSecret} />
    </li>
  )
}

function HealthBadge({ endpoint }: { endpoint: WebhookEndpoint }) {
  if (!endpoint.enabled) {
    return <Badge tone="bad">{disabledTexts[endpoint.disabled_reason ?? 'requested']}</Badge>
  }
  return endpoint.failing_since ? (
    <Badge tone="waiting">Failing</Badge>
  ) : (
    <Badge tone="good">Enabled</Badge>
  )
}

const disabledTexts = {
  requested: 'Disabled',
  gone: 'Disabled: it answered 410',
  failing: 'Disabled: it failed for days',
} as const
