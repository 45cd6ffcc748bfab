import type { Attention, Payment } from '@hedgepayments/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { attentionOfPaymentQuery } from '../../api/attention.ts'
import { sessionQuery } from '../../api/session.ts'
import { formatTimestamp, humanize } from '../../format.ts'
import { Badge } from '../../parts/badge.tsx'
import { ResolveDialog } from './dialogs/resolve-dialog.tsx'

/** Why a payment needs attention, with the button that resolves it. Without a reason it shows nothing. */
export function AttentionCard({ payment }: { payment: Payment }) {
  const [isResolving, setResolving] = useState(false)
  const attention = useQuery({ ...attentionOfPaymentQuery(payment.id), refetchInterval: false })
  const session = useQuery(sessionQuery)
  const list = attention.data ?? []
  if (list.length === 0 && !isResolving) return null
  const canResolve = session.data?.key.scopes.includes('payments:resolve') === true
  return (
    <section className="card" aria-labelledby="attention">
      <h2 id="attention">Needs attention</h2>
      <ul className="lines">
        {list.map((one) => (
          <Reason key={one.reason} attention={one} />
        ))}
      </ul>
      {canResolve ? (
        <button type="button" className="button" onClick={() => setResolving(true)}>
          Resolve
        </button>
      ) : null}
      {isResolving ? (
        <ResolveDialog payment={payment} attention={list} onClose={() => setResolving(false)} />
      ) : null}
    </section>
  )
}

function Reason({ attention }: { attention: Attention }) {
  const { reason, since, message } = attention
  return (
    <li className="line">
      <span className="line-main">
        <Badge tone="bad">{humanize(reason)}</Badge>
      </span>
      <span className="quiet line-more">
        Since <time dateTime={since}>{formatTimestamp(since)}</time>
      </span>
      <p className="line-more">{message.replaceAll('`', '')}</p>
    </li>
  )
}
