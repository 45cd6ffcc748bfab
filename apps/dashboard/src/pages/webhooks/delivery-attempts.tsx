import type { WebhookAttempt } from '@hedgepayments/contract'
import { useQuery } from '@tanstack/react-query'
import { deliveryQuery } from '../../api/webhooks.ts'
import { formatTimestamp } from '../../format.ts'
import { QueryView } from '../../parts/query-view.tsx'

/** The attempts of a delivery, with the receiver's answers. */
export function DeliveryAttempts({ id }: { id: string }) {
  const delivery = useQuery(deliveryQuery(id))
  return (
    <QueryView query={delivery}>
      {({ attempts }) => (
        <ol className="attempts">
          {attempts.map((attempt) => (
            <li key={attempt.attempt}>
              <span className="quiet">{describe(attempt)}</span>
              <AnswerBody attempt={attempt} />
            </li>
          ))}
        </ol>
      )}
    </QueryView>
  )
}

function AnswerBody({ attempt }: { attempt: WebhookAttempt }) {
  if (attempt.response_body) return <pre>{attempt.response_body}</pre>
  if (attempt.response_code === null || attempt.response_body === '') return null
  // Answers from private addresses are not stored (docs/webhooks.md).
  return <span className="quiet">The body of this answer was not kept.</span>
}

function describe({ attempt, error, response_code: code, created_at: at }: WebhookAttempt) {
  return `Attempt ${attempt} · ${formatTimestamp(at)} · ${error ?? `Answered ${code}.`}`
}
