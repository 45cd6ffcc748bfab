import type { WebhookDelivery } from '@hedgepayments/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { endpointsQuery, retryDelivery } from '../../api/webhooks.ts'
import { formatTimestamp } from '../../format.ts'
import { Badge } from '../../parts/badge.tsx'
import { DeliveryAttempts } from './delivery-attempts.tsx'

const tones = { pending: 'waiting', succeeded: 'good', failed: 'bad' } as const
const names = { pending: 'Pending', succeeded: 'Delivered', failed: 'Failed' } as const

/** Deliveries, newest first. Each can be sent again. */
export function DeliveryList({ deliveries }: { deliveries: readonly WebhookDelivery[] }) {
  const endpoints = useQuery(endpointsQuery)
  const urls = new Map(endpoints.data?.map(({ id, url }) => [id, url]))
  return (
    <ul className="lines">
      {deliveries.map((delivery) => (
        <DeliveryLine
          key={delivery.id}
          delivery={delivery}
          url={urls.get(delivery.endpoint_id) ?? 'a deleted endpoint'}
        />
      ))}
    </ul>
  )
}

function DeliveryLine({ delivery, url }: { delivery: WebhookDelivery; url: string }) {
  const [isOpen, setOpen] = useState(false)
  const client = useQueryClient()
  const retry = useMutation({
    mutationFn: () => retryDelivery(delivery.id),
    onSettled: () => void client.invalidateQueries({ queryKey: ['deliveries'] }),
  })
  return (
    <li className="line line-delivery">
      <span className="line-main">
        <code>{delivery.event_type}</code> <span className="quiet small">to {url}</span>
      </span>
      <Badge tone={tones[delivery.status]}>{names[delivery.status]}</Badge>
      <button
        type="button"
        className="button button-small"
        disabled={retry.isPending}
        onClick={() => retry.mutate()}
        aria-label={`Send ${delivery.event_type} of ${formatTimestamp(delivery.created_at)} again`}
      >
        {retry.isPending ? 'Sending…' : delivery.status === 'succeeded' ? 'Resend' : 'Retry'}
      </button>
      <span className="quiet line-more">{describe(delivery)}</span>
      {delivery.attempt > 0 ? (
        <details className="line-more" onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>Answers of the receiver</summary>
          {isOpen ? <DeliveryAttempts id={delivery.id} /> : null}
        </details>
      ) : null}
      {retry.error ? (
        <span className="problem line-more" role="alert">
          {retry.error.message}
        </span>
      ) : null}
    </li>
  )
}

/** `Jan 5, 2026, 10:00:00 AM · attempt 2 · 41 ms · Answered 500. · next …` */
function describe(delivery: WebhookDelivery): string {
  const { attempt, duration_ms: durationMs, error, response_code: code } = delivery
  const parts = [formatTimestamp(delivery.created_at)]
  if (attempt > 0) parts.push(`attempt ${attempt}`)
  if (durationMs !== null) parts.push(`${durationMs} ms`)
  if (error !== null) parts.push(error)
  else if (code !== null) parts.push(`Answered ${code}.`)
  if (delivery.next_attempt_at !== null) {
    parts.push(`next ${formatTimestamp(delivery.next_attempt_at)}`)
  }
  return parts.join(' · ')
}
