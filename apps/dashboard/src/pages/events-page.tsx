import type { Event } from '@hedgepayments/contract'
import { useQuery } from '@tanstack/react-query'
import { listEvents } from '../api/events.ts'
import { formatMoment, formatMoney, humanize } from '../format.ts'
import { askedAt } from '../live/request-times.ts'
import { useLive } from '../live/use-live.ts'
import { Freshness } from '../parts/freshness.tsx'
import { Empty, Failed, Loading } from '../parts/states.tsx'
import { Link } from '../router.tsx'

const queryKey = ['events']

/** Everything that happens, as it happens. */
export function EventsPage() {
  const events = useQuery({
    queryKey,
    queryFn: ({ signal }) => listEvents(signal),
    refetchInterval: false,
  })
  useLive(async () => void (await events.refetch()))
  return (
    <div className="page">
      <header className="page-head">
        <div>
          <h1>Events</h1>
          <Freshness askedAtMs={() => askedAt(queryKey)} />
        </div>
      </header>
      {events.data ? (
        events.data.length === 0 ? (
          <Empty title="Nothing has happened yet">
            <p>Each step of each payment appears here at once.</p>
          </Empty>
        ) : (
          <ol className="card lines">
            {events.data.map((event) => (
              <Line key={event.id} event={event} />
            ))}
          </ol>
        )
      ) : events.error ? (
        <Failed error={events.error} onRetry={() => void events.refetch()} />
      ) : (
        <Loading />
      )}
    </div>
  )
}

function Line({ event }: { event: Event }) {
  const { data } = event
  return (
    <li className="line">
      <span className="line-main">
        <code>{event.type}</code>
      </span>
      {data.object === 'payment' ? (
        <Link to={`/payments/${data.id}`}>{formatMoney(data.amount, data.currency)}</Link>
      ) : null}
      <span className="quiet line-more">
        <time dateTime={event.created}>{formatMoment(event.created)}</time>
        {data.object === 'payment' ? ` · ${data.customer_email}` : ` · ${data.url}`}
        {event.reason ? ` · ${humanize(event.reason)}` : null}
      </span>
    </li>
  )
}
