import type { Event, Payment } from '@hedgepayments/contract'
import { useQuery } from '@tanstack/react-query'
import { timelineQuery } from '../../api/payments.ts'
import { formatMoney, formatTimestamp, humanize } from '../../format.ts'
import { QueryView } from '../../parts/query-view.tsx'

/** The events of a payment with their actors, newest first. */
export function Timeline({ payment }: { payment: Payment }) {
  const timeline = useQuery({ ...timelineQuery(payment.id), refetchInterval: false })
  return (
    <section className="card" aria-labelledby="timeline">
      <h2 id="timeline">Timeline</h2>
      <QueryView query={timeline}>
        {(events) => (
          <ol className="timeline">
            {events.map((event) => (
              <TimelineEntry key={event.id} event={event} payment={payment} />
            ))}
          </ol>
        )}
      </QueryView>
    </section>
  )
}

function TimelineEntry({ event, payment }: { event: Event; payment: Payment }) {
  return (
    <li className={`entry entry-${toneOf(event.type)}`}>
      <span className="entry-title">{titleOf(event, payment)}</span>
      <span className="quiet">
        <time dateTime={event.created}>{formatTimestamp(event.created)}</time>
        {' · '}
        {actorOf(event)}
      </span>
      {event.reason ? <span className="entry-reason">{humanize(event.reason)}</span> : null}
    </li>
  )
}

function titleOf(event: Event, payment: Payment): string {
  if (event.type === 'payment.refunded' && 'refunded_amount' in event.data) {
    const total = formatMoney(event.data.refunded_amount, payment.currency)
    return `Refunded: ${total} in all`
  }
  // `Dispute won`, but `Succeeded`: the page is about the payment.
  if (event.type.startsWith('dispute.')) return humanize(event.type)
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
  if (/(succeeded|settled|won)$/.test(type)) return 'good'
  if (/(failed|disputed|lost|returned)$/.test(type)) return 'bad'
  if (type.endsWith('canceled') || type.endsWith('refunded')) return 'ended'
  return 'plain'
}
