import type { Event, Payment } from '@hedgepayments/contract'
import { useQuery } from '@tanstack/react-query'
import { timelineQuery } from '../../api/payments.ts'
import { formatMoment, formatMoney, humanize } from '../../format.ts'
import { Failed, Loading } from '../../parts/states.tsx'

/** What happened to a payment, newest first, and who did it. */
export function Timeline({ payment }: { payment: Payment }) {
  const timeline = useQuery({ ...timelineQuery(payment.id), refetchInterval: false })
  return (
    <section className="card" aria-labelledby="timeline">
      <h2 id="timeline">Timeline</h2>
      {timeline.data ? (
        <ol className="timeline">
          {timeline.data.map((event) => (
            <li key={event.id} className={`moment moment-${toneOf(event.type)}`}>
              <span className="moment-title">{titleOf(event, payment)}</span>
              <span className="quiet">
                <time dateTime={event.created}>{formatMoment(event.created)}</time>
                {' · '}
                {actorOf(event)}
              </span>
              {event.reason ? (
                <span className="moment-reason">{humanize(event.reason)}</span>
              ) : null}
            </li>
          ))}
        </ol>
      ) : timeline.error ? (
        <Failed error={timeline.error} onRetry={() => void timeline.refetch()} />
      ) : (
        <Loading />
      )}
    </section>
  )
}

function titleOf(event: Event, payment: Payment): string {
  if (event.type === 'payment.refunded' && 'refunded_amount' in event.data) {
    const total = formatMoney(event.data.refunded_amount, payment.currency)
    return `Refunded: ${total} in all`
  }
  return humanize(event.type.slice(event.type.indexOf('.') + 1))
}

function actorOf(event: Event): string {
  switch (event.actor.type) {
    case 'api_key':
      return event.actor.id ?? 'an API key'
    case 'system':
      return 'Hedge Payments'
    case 'processor':
      return 'the processor'
    case 'customer':
      return 'the customer'
  }
}

function toneOf(type: string): string {
  if (type.endsWith('succeeded') || type.endsWith('settled')) return 'good'
  if (type.endsWith('failed')) return 'bad'
  if (type.endsWith('canceled') || type.endsWith('refunded')) return 'ended'
  return 'plain'
}
