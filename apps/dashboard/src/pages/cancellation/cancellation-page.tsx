import type { Cancellation } from '@hedgepayments/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { cancellationQuery, exceptionsQuery, setCancellationPaused } from '../../api/payments.ts'
import { formatCount, humanize } from '../../format.ts'
import { isNotFound } from '../../live/query-client.ts'
import { askedAt } from '../../live/request-times.ts'
import { StatusBadge } from '../../parts/badge.tsx'
import { Freshness } from '../../parts/freshness.tsx'
import { Icon } from '../../parts/icons.tsx'
import { Empty, Failed, Loading, WholePage } from '../../parts/states.tsx'
import { Link } from '../../router.tsx'

/** A cancellation of many payments: how far it is, and what could not be canceled. */
export function CancellationPage({ id }: { id: string }) {
  const run = useQuery(cancellationQuery(id))
  if (!run.data || isNotFound(run.error)) {
    return (
      <WholePage name="Cancellation">
        {isNotFound(run.error) ? (
          <Empty title="There is no such cancellation" />
        ) : run.error ? (
          <Failed error={run.error} onRetry={() => void run.refetch()} />
        ) : (
          <Loading />
        )}
      </WholePage>
    )
  }
  return (
    <div className="page">
      <Link to="/payments" className="back">
        <Icon name="back" /> Payments
      </Link>
      <header className="page-head">
        <div>
          <h1>{titleOf(run.data)}</h1>
          {run.data.reason ? <p className="quiet">{humanize(run.data.reason)}</p> : null}
        </div>
        <Pause run={run.data} />
      </header>
      <Progress run={run.data} />
      {run.data.status === 'completed' ? null : (
        <Freshness askedAtMs={() => askedAt(cancellationQuery(id).queryKey)} />
      )}
      {run.error ? <p className="problem">{run.error.message}</p> : null}
      {run.data.refused > 0 ? <Exceptions run={run.data} /> : null}
    </div>
  )
}

function titleOf(run: Cancellation): string {
  switch (run.status) {
    case 'pending':
      return 'About to cancel payments'
    case 'running':
      return 'Canceling payments'
    case 'paused':
      return 'Paused'
    case 'completed': {
      const count = formatCount(run.canceled)
      return run.canceled === 1 ? '1 payment canceled' : `${count} payments canceled`
    }
  }
}

function Progress({ run }: { run: Cancellation }) {
  return (
    <section className="card progress" aria-label="Progress">
      <progress
        className="bar"
        max={run.total ?? undefined}
        value={run.total === null ? undefined : run.processed}
        aria-label="Payments processed"
      />
      <p role="status">
        {formatCount(run.processed)} of {run.total === null ? '…' : formatCount(run.total)}
      </p>
      <dl className="counts">
        <div>
          <dt>Canceled</dt>
          <dd>{formatCount(run.canceled)}</dd>
        </div>
        <div>
          <dt>Too late</dt>
          <dd>{formatCount(run.refused)}</dd>
        </div>
        <div>
          <dt>Not found</dt>
          <dd>{formatCount(run.not_found)}</dd>
        </div>
      </dl>
    </section>
  )
}

function Pause({ run }: { run: Cancellation }) {
  const client = useQueryClient()
  const isPaused = run.status === 'paused'
  const change = useMutation({
    mutationFn: () => setCancellationPaused(run.id, !isPaused),
    onSuccess: (changed) => client.setQueryData(cancellationQuery(run.id).queryKey, changed),
  })
  if (run.status === 'completed') return null
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

function Exceptions({ run }: { run: Cancellation }) {
  const isDone = run.status === 'completed'
  const exceptions = useQuery({
    ...exceptionsQuery(run.id),
    refetchInterval: isDone ? false : 2_000,
  })
  return (
    <section className="card" aria-labelledby="too-late">
      <h2 id="too-late">Too late to cancel</h2>
      {exceptions.data ? (
        <ul className="lines">
          {exceptions.data.map((result) => (
            <li key={result.payment_id} className="line">
              <Link to={`/payments/${result.payment_id}`} className="line-main">
                <code>{result.payment_id}</code>
              </Link>
              {result.current_status ? <StatusBadge status={result.current_status} /> : null}
            </li>
          ))}
        </ul>
      ) : exceptions.error ? (
        <Failed error={exceptions.error} />
      ) : (
        <Loading />
      )}
    </section>
  )
}
