import type { Event } from '@hedgepayments/contract'
import { useQuery } from '@tanstack/react-query'
import { listEvents } from '../api/events.ts'
import { formatMoney, formatTimestamp, humanize } from '../format.ts'
import { requestedAt } from '../live/request-times.ts'
import { useLiveRefresh } from '../live/use-live-refresh.ts'
import { PageHead } from '../parts/page-head.tsx'
import { QueryView } from '../parts/query-view.tsx'
import { Empty } from '../parts/states.tsx'
import { Link } from '../router.tsx'

const queryKey = ['events']

/** The newest events of the account, live. */
export function EventsPage() {
  const events = useQuery({
    queryKey,
    queryFn: ({ signal }) => listEvents(signal),
    refetchInterval: false,
  })
  useLiveRefresh(async () => void (await events.refetch()))
  return (
    <div className="page">
      <PageHead title="Events" requestedAtMs={() => requestedAt(queryKey)} />
      <QueryView query={events}>{(list) => <EventList events={list} />}</QueryView>
    </div>
  )
}

function EventList({ events }: { events: readonly Event[] }) {
  if (events.length === 0) {
    return (
      <Empty title="Nothing has happened yet">
        <p>Each step of each payment appears here at once.</p>
      </Empty>
    )
  }
  return (
    <ol className="card lines">
      {events.map((event) => (
        <EventLine key={event.id} event={event} />
      ))}
    </ol>
  )
}

function EventLine({ event }: { event: Event }) {
  const { data } = event
  return (
    <li className="line">
      <span className="line-main">
        <code>{event.type}</code>
      </span>
      {data.object === 'payment' || data.object === 'dispute' ? (
        <Link to={`/payments/${data.object === 'payment' ? data.id : data.payment}`}>
          {formatMoney(data.amount, data.currency)}
        </Link>
      ) : null}
      <span className="quiet line-more">
        <time dateTime={event.created}>{formatTimestamp(event.created)}</time>
        {subjectOf(data)}
        {event.reason ? ` · ${humanize(event.reason)}` : null}
      </span>
    </li>
  )
}

function subjectOf(data: Event['data']): string {
  switch (data.object) {
    case 'payment':
      return ` · ${data.customer_email}`
    case 'dispute':
      return ` · ${data.id}`
    default:
      return ` · ${data.url}`
  }
}
