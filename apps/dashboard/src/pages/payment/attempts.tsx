import type { PaymentAttempt } from '@hedgepayments/contract'
import { useQuery } from '@tanstack/react-query'
import { attemptsQuery } from '../../api/payments.ts'
import { formatTimestamp, humanize } from '../../format.ts'
import { isNotFound } from '../../live/query-client.ts'
import { Badge, type Tone } from '../../parts/badge.tsx'
import { QueryView } from '../../parts/query-view.tsx'

/** The calls to the processor, with their outcomes. */
export function Attempts({ id }: { id: string }) {
  const attempts = useQuery({ ...attemptsQuery(id), refetchInterval: false })
  if (isNotFound(attempts.error)) return null
  return (
    <section className="card" aria-labelledby="attempts">
      <h2 id="attempts">At the processor</h2>
      <QueryView query={attempts}>{(list) => <AttemptList attempts={list} />}</QueryView>
    </section>
  )
}

function AttemptList({ attempts }: { attempts: readonly PaymentAttempt[] }) {
  if (attempts.length === 0) return <p className="quiet">Nothing was sent to the processor.</p>
  return (
    <ul className="lines">
      {attempts.map((attempt) => (
        <li key={attempt.number} className="line">
          <span className="line-main">
            {humanize(attempt.kind)} <span className="quiet">at {attempt.processor}</span>
          </span>
          <Badge tone={toneOf(attempt.outcome)}>{humanize(attempt.outcome ?? 'running')}</Badge>
          <span className="quiet line-more">
            {formatTimestamp(attempt.started_at)}
            {attempt.message ? ` · ${attempt.message}` : null}
          </span>
        </li>
      ))}
    </ul>
  )
}

function toneOf(outcome: PaymentAttempt['outcome']): Tone {
  switch (outcome) {
    case 'authorized':
    case 'accepted':
    case 'captured':
      return 'good'
    case 'declined':
      return 'bad'
    case 'voided':
    case 'refunded':
    case 'absent':
      return 'quiet'
    case 'action_required':
    case 'undecided':
    case 'unknown':
    case null:
      return 'waiting'
  }
}
