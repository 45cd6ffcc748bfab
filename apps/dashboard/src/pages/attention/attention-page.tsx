import type { Payment } from '@hedgepayments/contract'
import { useQuery } from '@tanstack/react-query'
import { attentionQuery } from '../../api/attention.ts'
import type { List } from '../../api/client.ts'
import { formatMoney, formatTimestamp } from '../../format.ts'
import { requestedAt } from '../../live/request-times.ts'
import { useLiveRefresh } from '../../live/use-live-refresh.ts'
import { StatusBadge } from '../../parts/badge.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { QueryView } from '../../parts/query-view.tsx'
import { Empty } from '../../parts/states.tsx'
import { Link } from '../../router.tsx'

/** The payments that wait for an operator, live. Their pages say why. */
export function AttentionPage() {
  const payments = useQuery({ ...attentionQuery, refetchInterval: false })
  useLiveRefresh(async () => void (await payments.refetch()))
  return (
    <div className="page">
      <PageHead
        title="Needs attention"
        requestedAtMs={() => requestedAt(attentionQuery.queryKey)}
      />
      <QueryView query={payments}>{(list) => <AttentionList list={list} />}</QueryView>
    </div>
  )
}

function AttentionList({ list }: { list: List<Payment> }) {
  if (list.data.length === 0) {
    return (
      <Empty title="Nothing needs attention">
        <p>A payment that waits for too long, for example for the processor, appears here.</p>
      </Empty>
    )
  }
  return (
    <section className="card" aria-label="Payments that need attention">
      <ul className="lines">
        {list.data.map((payment) => (
          <AttentionLine key={payment.id} payment={payment} />
        ))}
      </ul>
      {list.has_more ? <p className="quiet">There are more. These are the newest 100.</p> : null}
    </section>
  )
}

function AttentionLine({ payment }: { payment: Payment }) {
  const { id, amount, currency, status, customer_email: email, updated_at: changed } = payment
  return (
    <li className="line">
      <span className="line-main">
        <Link to={`/payments/${id}`}>{formatMoney(amount, currency)}</Link>{' '}
        <span className="quiet">{email}</span>
      </span>
      <StatusBadge status={status} />
      <span className="quiet line-more">
        Last change <time dateTime={changed}>{formatTimestamp(changed)}</time>
      </span>
    </li>
  )
}
