import type { Payment } from '@hedgepayments/contract'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { attemptsQuery, paymentQuery, timelineQuery } from '../../api/payments.ts'
import { useShortcut } from '../../dialogs/use-shortcut.ts'
import { formatMoney } from '../../format.ts'
import { isNotFound } from '../../live/query-client.ts'
import { askedAt } from '../../live/request-times.ts'
import { useLive } from '../../live/use-live.ts'
import { StatusBadge } from '../../parts/badge.tsx'
import { CopyButton } from '../../parts/copy-button.tsx'
import { Freshness } from '../../parts/freshness.tsx'
import { Icon } from '../../parts/icons.tsx'
import { Empty, Failed, Loading, WholePage } from '../../parts/states.tsx'
import { Link } from '../../router.tsx'
import { Attempts } from './attempts.tsx'
import { CancelDialog } from './cancel-dialog.tsx'
import { Countdown } from './countdown.tsx'
import { Deliveries } from './deliveries.tsx'
import { Details } from './details.tsx'
import { MoneyCard } from './money-card.tsx'
import { RefundDialog } from './refund-dialog.tsx'
import { TestCards } from './test-cards.tsx'
import { Timeline } from './timeline.tsx'

/** One payment: what it is, what happened to it, and what can still be done. */
export function PaymentPage({ id }: { id: string }) {
  const client = useQueryClient()
  const payment = useQuery({ ...paymentQuery(id), refetchInterval: false })
  useLive(() => client.invalidateQueries({ queryKey: ['payment', id] }))

  if (isNotFound(payment.error)) {
    return (
      <WholePage name="Payment">
        <Empty title="There is no such payment">
          <p>It may belong to the other mode: test and live payments are kept apart.</p>
          <Link to="/payments">To the payments</Link>
        </Empty>
      </WholePage>
    )
  }
  if (!payment.data) {
    return (
      <WholePage name="Payment">
        {payment.error ? (
          <Failed error={payment.error} onRetry={() => void payment.refetch()} />
        ) : (
          <Loading label="Loading the payment" />
        )}
      </WholePage>
    )
  }
  return (
    <div className="page">
      <Link to="/payments" className="back">
        <Icon name="back" /> Payments
      </Link>
      <Head payment={payment.data} error={payment.error} />
      <div className="payment-columns">
        <div className="stack">
          <Timeline payment={payment.data} />
          <Attempts id={id} />
          <Deliveries id={id} />
        </div>
        <div className="stack">
          <TestCards payment={payment.data} />
          <MoneyCard payment={payment.data} />
          <Details payment={payment.data} />
        </div>
      </div>
      <details className="card json">
        <summary>JSON</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
        <pre tabIndex={0}>{JSON.stringify(payment.data, null, 2)}</pre>
      </details>
    </div>
  )
}

type Asking = 'cancel' | 'refund' | null

function Head({ payment, error }: { payment: Payment; error: Error | null }) {
  const { id } = payment
  const amount = formatMoney(payment.amount, payment.currency)
  const shown = [paymentQuery(id), timelineQuery(id), attemptsQuery(id)]
  const [asking, setAsking] = useState<Asking>(null)
  const canCancel = payment.allowed_actions.includes('cancel')
  const canRefund = payment.allowed_actions.includes('refund')

  useShortcut((key) => {
    const asked = key === 'c' && canCancel ? 'cancel' : key === 'r' && canRefund ? 'refund' : null
    if (asked !== null) setAsking(asked)
    return asked !== null
  })

  return (
    <header className="payment-head">
      <div>
        <h1 className="payment-amount">
          {amount}
          {/* Where a currency has no sign, its code is in the amount. */}
          {amount.includes(payment.currency) ? null : <small> {payment.currency}</small>}
        </h1>
        <p className="payment-id">
          <StatusBadge status={payment.status} />
          <span className="with-copy">
            <code>{payment.id}</code>
            <CopyButton text={payment.id} label="Copy the id" />
          </span>
        </p>
        <Freshness askedAtMs={() => askedAt(...shown.map(({ queryKey }) => queryKey))} />
        {error ? <span className="problem"> {error.message}</span> : null}
      </div>
      <div className="payment-actions">
        <Countdown payment={payment} />
        {canRefund ? (
          <button type="button" className="button" onClick={() => setAsking('refund')}>
            Refund{' '}
            <span className="kbd" aria-hidden="true">
              r
            </span>
          </button>
        ) : null}
        {canCancel ? (
          <button
            type="button"
            className="button button-danger"
            onClick={() => setAsking('cancel')}
          >
            Cancel payment{' '}
            <span className="kbd" aria-hidden="true">
              c
            </span>
          </button>
        ) : null}
      </div>
      {asking === 'cancel' ? (
        <CancelDialog
          payment={payment}
          onClose={() => setAsking(null)}
          onRefund={() => setAsking('refund')}
        />
      ) : null}
      {asking === 'refund' ? (
        <RefundDialog payment={payment} onClose={() => setAsking(null)} />
      ) : null}
    </header>
  )
}
