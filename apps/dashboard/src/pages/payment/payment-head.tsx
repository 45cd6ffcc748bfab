import type { Payment } from '@hedgepayments/contract'
import { useState } from 'react'
import { attemptsQuery, paymentQuery, timelineQuery } from '../../api/payments.ts'
import { useShortcut } from '../../dialogs/use-shortcut.ts'
import { formatMoney } from '../../format.ts'
import { requestedAt } from '../../live/request-times.ts'
import { StatusBadge } from '../../parts/badge.tsx'
import { CopyButton } from '../../parts/copy-button.tsx'
import { Freshness } from '../../parts/freshness.tsx'
import { CancelDialog } from './cancel-dialog.tsx'
import { Countdown } from './countdown.tsx'
import { RefundDialog } from './refund-dialog.tsx'

/** The head of a payment's page: amount, status, age of the data, and the actions. */
export function PaymentHead({ payment, error }: { payment: Payment; error: Error | null }) {
  const { id } = payment
  const amount = formatMoney(payment.amount, payment.currency)
  const queries = [paymentQuery(id), timelineQuery(id), attemptsQuery(id)]
  return (
    <header className="payment-head">
      <div>
        <h1 className="payment-amount">
          {amount}
          {/* A currency without a sign has its code in the amount. */}
          {amount.includes(payment.currency) ? null : <small> {payment.currency}</small>}
        </h1>
        <p className="payment-id">
          <StatusBadge status={payment.status} />
          <span className="with-copy">
            <code>{id}</code>
            <CopyButton text={id} label="Copy the id" />
          </span>
        </p>
        <Freshness requestedAtMs={() => requestedAt(...queries.map(({ queryKey }) => queryKey))} />
        {error ? <span className="problem"> {error.message}</span> : null}
      </div>
      <PaymentActions payment={payment} />
    </header>
  )
}

/** The buttons and keys that cancel and refund. */
function PaymentActions({ payment }: { payment: Payment }) {
  const [dialog, setDialog] = useState<'cancel' | 'refund' | null>(null)
  const canCancel = payment.allowed_actions.includes('cancel')
  const canRefund = payment.allowed_actions.includes('refund')
  const close = () => setDialog(null)
  useShortcut((key) => {
    const chosen = key === 'c' && canCancel ? 'cancel' : key === 'r' && canRefund ? 'refund' : null
    if (chosen !== null) setDialog(chosen)
    return chosen !== null
  })
  return (
    <>
      <div className="payment-actions">
        <Countdown payment={payment} />
        {canRefund ? (
          <button type="button" className="button" onClick={() => setDialog('refund')}>
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
            onClick={() => setDialog('cancel')}
          >
            Cancel payment{' '}
            <span className="kbd" aria-hidden="true">
              c
            </span>
          </button>
        ) : null}
      </div>
      {dialog === 'cancel' ? (
        <CancelDialog payment={payment} onClose={close} onRefund={() => setDialog('refund')} />
      ) : null}
      {dialog === 'refund' ? <RefundDialog payment={payment} onClose={close} /> : null}
    </>
  )
}
