import type { Cancellation } from '@hedgepayments/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { cancellationQuery, refusedQuery, setCancellationPaused } from '../../api/cancellations.ts'
import { formatCount, humanize } from '../../format.ts'
import { isNotFound } from '../../live/query-client.ts'
import { requestedAt } from '../../live/request-times.ts'
import { StatusBadge } from '../../parts/badge.tsx'
import { Freshness } from '../../parts/freshness.tsx'
import { Icon } from '../../parts/icons.tsx'
import { QueryView } from '../../parts/query-view.tsx'
import { Empty, StatePage } from '../../parts/states.tsx'
import { Link } from '../../router.tsx'
import { CancellationProgress } from './cancellation-progress.tsx'

/** A bulk cancellation: its progress, and the payments that could not be canceled. */
export function CancellationPage({ id }: { id: string }) {
  const query = useQuery(cancellationQuery(id))
  if (!query.data || isNotFound(query.error)) {
    return (
      <StatePage name="Cancellation">
        {isNotFound(query.error) ? (
          <Empty title="There is no such cancellation" />
        ) : (
          <QueryView query={query}>{() => null}</QueryView>
        )}
      </StatePage>
    )
  }
  const cancellation = query.data
  return (
    <div className="page">
      <Link to="/payments" className="back">
        <Icon name="back" /> Payments
      </Link>
      <header className="page-head">
        <div>
          <h1>{titleOf(cancellation)}</h1>
          {cancellation.reason ? <p className="quiet">{humanize(cancellation.reason)}</p> : null}
        </div>
        <PauseButton cancellation={cancellation} />
      </header>
      <CancellationProgress cancellation={cancellation} />
      {cancellation.status === 'completed' ? null : (
        <Freshness requestedAtMs={() => requestedAt(cancellationQuery(id).queryKey)} />
      )}
      {query.error ? <p className="problem">{query.error.message}</p> : null}
      {cancellation.refused > 0 ? <RefusedPayments cancellation={cancellation} /> : null}
    </div>
  )
}

function titleOf(cancellation: Cancellation): string {
  switch (cancellation.status) {
    case 'pending':
      return 'About to cancel payments'
    case 'running':
      return 'Canceling payments'
    case 'paused':
      return 'Paused'
    case 'completed': {
      const count = formatCount(cancellation.canceled)
      return cancellation.canceled === 1 ? '1 payment canceled' : `${count} payments canceled`
    }
  }
}

function PauseButton({ cancellation }: { cancellation: Cancellation }) {
  const client = useQueryClient()
  const isPaused = cancellation.status === 'paused'
  const change = useMutation({
    mutationFn: () => setCancellationPaused(cancellation.id, !isPaused),
    onSuccess: (changed) =>
      client.setQueryData(cancellationQuery(cancellation.id).queryKey, changed),
  })
  if (cancellation.status === 'completed') return null
  return (
    <button
      type="button"
      className="button"
      disabled={change.isPending}
      onClick={() => change.mutate()}
    >
      {isPaused ? 'Resume' : 'Pause'}
    </button>
  )
}

function RefusedPayments({ cancellation }: { cancellation: Cancellation }) {
  const refused = useQuery({
    ...refusedQuery(cancellation.id),
    refetchInterval: cancellation.status === 'completed' ? false : 2_000,
  })
  return (
    <section className="card" aria-labelledby="too-late">
      <h2 id="too-late">Too late to cancel</h2>
      <QueryView query={refused}>
        {(results) => (
          <ul className="lines">
            {results.map((result) => (
              <li key={result.payment_id} className="line">
                <Link to={`/payments/${result.payment_id}`} className="line-main">
                  <code>{result.payment_id}</code>
                </Link>
                {result.current_status ? <StatusBadge status={result.current_status} /> : null}
              </li>
            ))}
          </ul>
        )}
      </QueryView>
    </section>
  )
}
