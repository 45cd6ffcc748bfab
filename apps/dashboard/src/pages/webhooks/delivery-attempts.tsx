import type { WebhookAttempt } from '@hedgepayments/contract'
import { useQuery } from '@tanstack/react-query'
import { deliveryQuery } from '../../api/webhooks.ts'
import { formatMoment } from '../../format.ts'
import { Failed, Loading } from '../../parts/states.tsx'

/** What a receiver answered each time, to see its own words for what went wrong. */
export function DeliveryAttempts({ id }: { id: string }) {
  const delivery = useQuery(deliveryQuery(id))
  if (delivery.data) {
    return (
      <ol className="attempts">
        {delivery.data.attempts.map((attempt) => (
          <li key={attempt.attempt}>
            <span className="quiet">{describe(attempt)}</span>
            <Body attempt={attempt} />
          </li>
        ))}
      </ol>
    )
  }
  return delivery.error ? <Failed error={delivery.error} /> : <Loading />
}

function Body({ attempt }: { attempt: WebhookAttempt }) {
  if (attempt.response_body) return <pre>{attempt.response_body}</pre>
  if (attempt.response_code === null || attempt.response_body === '') return null
  // So with every receiver at a private address (docs/webhooks.md).
  return <span className="quiet">The body of this answer was not kept.</span>
}

function describe({ attempt, error, response_code: code, created_at: at }: WebhookAttempt) {
  return `Attempt ${attempt} · ${formatMoment(at)} · ${error ?? `Answered ${code}.`}`
}
