import { useQuery, useQueryClient } from '@tanstack/react-query'
import { paymentQuery } from '../../api/payments.ts'
import { isNotFound } from '../../live/query-client.ts'
import { useLiveRefresh } from '../../live/use-live-refresh.ts'
import { Icon } from '../../parts/icons.tsx'
import { QueryView } from '../../parts/query-view.tsx'
import { Empty, StatePage } from '../../parts/states.tsx'
import { Link } from '../../router.tsx'
import { Attempts } from './attempts.tsx'
import { AttentionCard } from './attention-card.tsx'
import { Deliveries } from './deliveries.tsx'
import { Details } from './details.tsx'
import { DisputesCard } from './disputes-card.tsx'
import { MoneyCard } from './money-card.tsx'
import { PaymentHead } from './payment-head.tsx'
import { TestCards } from './test-cards.tsx'
import { Timeline } from './timeline.tsx'
import { TriesCard } from './tries-card.tsx'

/** One payment: its state, its history and its actions, live. */
export function PaymentPage({ id }: { id: string }) {
  const client = useQueryClient()
  const query = useQuery({ ...paymentQuery(id), refetchInterval: false })
  useLiveRefresh(() => client.invalidateQueries({ queryKey: ['payment', id] }))
  if (!query.data || isNotFound(query.error)) {
    return (
      <StatePage name="Payment">
        {isNotFound(query.error) ? (
          <NoPayment />
        ) : (
          <QueryView query={query} loadingLabel="Loading the payment">
            {() => null}
          </QueryView>
        )}
      </StatePage>
    )
  }
  const payment = query.data
  return (
    <div className="page">
      <Link to="/payments" className="back">
        <Icon name="back" /> Payments
      </Link>
      <PaymentHead payment={payment} error={query.error} />
      <AttentionCard payment={payment} />
      <DisputesCard payment={payment} />
      <TriesCard payment={payment} />
      <div className="payment-columns">
        <div className="stack">
          <Timeline payment={payment} />
          <Attempts id={id} />
          <Deliveries id={id} />
        </div>
        <div className="stack">
          <TestCards payment={payment} />
          <MoneyCard payment={payment} />
          <Details payment={payment} />
        </div>
      </div>
      <details className="card json">
        <summary>JSON</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must reach it to scroll */}
        <pre tabIndex={0}>{JSON.stringify(payment, null, 2)}</pre>
      </details>
    </div>
  )
}

function NoPayment() {
  return (
    <Empty title="There is no such payment">
      <p>It may belong to the other mode: test and live payments are kept apart.</p>
      <Link to="/payments">To the payments</Link>
    </Empty>
  )
}
