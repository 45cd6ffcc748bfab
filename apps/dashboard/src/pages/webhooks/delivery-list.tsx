import type { WebhookDelivery } from '@hedgepayments/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { endpointsQuery, retryDelivery } from '../../api/webhooks.ts'
import { formatMoment } from '../../format.ts'
import { Badge } from '../../parts/badge.tsx'
import { DeliveryAttempts } from './delivery-attempts.tsx'

const tones = { pending: 'waiting', succeeded: 'good', failed: 'bad' } as const
const names = { pending: 'Pending', succeeded: 'Delivered', failed: 'Failed' } as const

/** Deliveries, newest first, each of which can be sent again. */
export function DeliveryList({ deliveries }: { deliveries: readonly WebhookDelivery[] }) {
  const endpoints = useQuery(endpointsQuery)
  const addresses = new Map(endpoints.data?.map(({ id, url }) => [id, url]))
  return (
    <ul className="lines">
      {deliveries.map((delivery) => (
        <Line
          key={delivery.id}
          delivery={delivery}
          address={addresses.get(delivery.endpoint_id) ?? 'a deleted endpoint'}
        />
      ))}
    </ul>
  )
}

function Line({ delivery, address }: { delivery: WebhookDelivery; address: string }) {
  const [isOpen, setOpen] = useState(false)
  const client = useQueryClient()
  const retry = useMutation({
    mutationFn: () => retryDelivery(delivery.id),
    onSettled: () => void client.invalidateQueries({ queryKey: ['deliveries'] }),
  })
  return (
    <li className="line line-delivery">
      <span className="line-main">
        <code>{delivery.event_type}</code> <span className="quiet small">to {address}</span>
      </span>
      <Badge tone={tones[delivery.status]}>{names[delivery.status]}</Badge>
      <button
        type="button"
        className="button button-small"
        disabled={retry.isPending}
        onClick={() => retry.mutate()}
        aria-label={`Send ${delivery.event_type} of ${formatMoment(delivery.created_at)} again`}
      >
        {retry.isPending ? 'Sending…' : delivery.status === 'succeeded' ? 'Resend' : 'Retry'}
      </button>
      <span className="quiet line-more">{describe(delivery)}</span>
      {delivery.attempt > 0 ? (
        <details className="line-more" onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>What was answered</summary>
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

function describe(delivery: WebhookDelivery): string {
  const parts = [formatMoment(delivery.created_at)]
  if (delivery.attempt > 0) parts.push(`attempt ${delivery.attempt}`)
  if (delivery.duration_ms !== null) parts.push(`${delivery.duration_ms} ms`)
  parts.push(...outcomeOf(delivery))
  if (delivery.next_attempt_at !== null)
    parts.push(`next ${formatMoment(delivery.next_attempt_at)}`)
  return parts.join(' · ')
}

function outcomeOf({ error, response_code: code }: WebhookDelivery): string[] {
  if (error !== null) return [error]
  return code === null ? [] : [`Answered ${code}.`]
}
