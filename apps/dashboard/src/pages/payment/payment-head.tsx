import type { Payment } from '@hedgepayments/contract'
import { useState } from 'react'
import { attemptsQuery, paymentQuery, timelineQuery } from '../../api/payments.ts'
import { useShortcut } from '../../dialogs/use-shortcut.ts'
import { formatMoney } from '../../format.ts'
import { requestedAt } from '../../live/request-times.ts'
import { Badge, StatusBadge } from '../../parts/badge.tsx'
import { CopyButton } from '../../parts/copy-button.tsx'
import { Freshness } from '../../parts/freshness.tsx'
import { Countdown } from './countdown.tsx'
import { CancelDialog } from './dialogs/cancel-dialog.tsx'
import { CaptureDialog } from './dialogs/capture-dialog.tsx'
import { RefundDialog } from './dialogs/refund-dialog.tsx'

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
          {payment.disputed ? <Badge tone="bad">Disputed</Badge> : null}
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

type Action = 'cancel' | 'capture' | 'refund'

/** The buttons that capture, cancel and refund, and the keys of the last two. */
function PaymentActions({ payment }: { payment: Payment }) {
  const [dialog, setDialog] = useState<Action | null>(null)
  const close = () => setDialog(null)
  const { canCancel, canCapture, canRefund } = possibleOf(payment)
  useShortcut((key) => {
    const chosen = key === 'c' && canCancel ? 'cancel' : key === 'r' && canRefund ? 'refund' : null
    if (chosen !== null) setDialog(chosen)
    return chosen !== null
  })
  return (
    <>
      <div className="payment-actions">
        <Countdown payment={payment} />
        {canCapture ? <ActionButton label="Capture" onClick={() => setDialog('capture')} /> : null}
        {canRefund ? (
          <ActionButton label="Refund" shortcut="r" onClick={() => setDialog('refund')} />
        ) : null}
        {canCancel ? (
          <ActionButton
            label="Cancel payment"
            shortcut="c"
            isDangerous
            onClick={() => setDialog('cancel')}
          />
        ) : null}
      </div>
      {dialog === 'cancel' ? (
        <CancelDialog payment={payment} onClose={close} onRefund={() => setDialog('refund')} />
      ) : null}
      {dialog === 'capture' ? <CaptureDialog payment={payment} onClose={close} /> : null}
      {dialog === 'refund' ? <RefundDialog payment={payment} onClose={close} /> : null}
    </>
  )
}

function possibleOf({ allowed_actions: actions, capture_method: method }: Payment) {
  return {
    canCancel: actions.includes('cancel'),
    // The end of an undo window captures by itself.
    canCapture: actions.includes('capture') && method === 'manual',
    canRefund: actions.includes('refund'),
  }
}

function ActionButton(button: {
  label: string
  shortcut?: string
  isDangerous?: boolean
  onClick: () => void
}) {
  const { label, shortcut, isDangerous, onClick } = button
  return (
    <button
      type="button"
      className={isDangerous ? 'button button-danger' : 'button'}
      onClick={onClick}
    >
      {label}
      {shortcut === undefined ? null : (
        <>
          {' '}
          <span className="kbd" aria-hidden="true">
            {shortcut}
          </span>
        </>
      )}
    </button>
  )
}
