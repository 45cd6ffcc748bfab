import type { Payment, PaymentStatus } from '@hedgepayments/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { ApiError, OfflineError } from '../../api/client.ts'
import { cancelPayment, paymentQuery, reversePayment } from '../../api/payments.ts'
import { DialogEnd } from '../../dialogs/dialog-end.tsx'
import { Modal } from '../../dialogs/modal.tsx'
import { ReasonChoice } from '../../dialogs/reason-choice.tsx'
import { useIdempotencyKey } from '../../dialogs/use-idempotency-key.ts'
import { useSubmitOnce } from '../../dialogs/use-submit-once.ts'
import { formatMoney, humanize } from '../../format.ts'
import { Countdown } from './countdown.tsx'

interface CancelDialogProps {
  readonly payment: Payment
  readonly onClose: () => void
  readonly onRefund: () => void
}

/** Asks for a reason, cancels, and says truly what became of it. */
export function CancelDialog({ payment, onClose, onRefund }: CancelDialogProps) {
  const client = useQueryClient()
  const [reason, setReason] = useState<string | null>('customer_requested')
  const keyOf = useIdempotencyKey()
  const cancel = useMutation({
    mutationFn: () =>
      cancelPayment({ id: payment.id, reason, idempotencyKey: keyOf(reason ?? '') }),
    onSuccess: (canceled) => {
      client.setQueryData(paymentQuery(payment.id).queryKey, canceled)
      onClose()
    },
    onSettled: () => void client.invalidateQueries({ queryKey: ['payment', payment.id] }),
  })
  const submit = useSubmitOnce(cancel)
  const lostTo = statusThatWon(cancel.error)
  if (lostTo !== null) {
    return <TooLate payment={payment} status={lostTo} onClose={onClose} onRefund={onRefund} />
  }
  return (
    <Modal title="Cancel this payment?" open onClose={onClose}>
      <form
        className="modal-body"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <p>
          <strong>{formatMoney(payment.amount, payment.currency)}</strong> of{' '}
          {payment.customer_email} will not be charged. This cannot be undone.
        </p>
        {payment.cancelable ? (
          <Countdown payment={payment} />
        ) : (
          // The question stays: buttons that change under the pointer are pressed by mistake.
          <p className="notice" role="status">
            By now its status is “{humanize(payment.status)}”.
          </p>
        )}
        <ReasonChoice reason={reason} onChange={setReason} />
        {cancel.error ? <Problem error={cancel.error} /> : null}
        <div className="modal-actions">
          <button type="button" className="button" onClick={onClose}>
            Keep it
          </button>
          <button type="submit" className="button button-danger" disabled={cancel.isPending}>
            {cancel.isPending ? 'Canceling…' : 'Cancel payment'}
          </button>
        </div>
      </form>
    </Modal>
  )
}

/** The status that made the cancel fail, as the server says it. */
function statusThatWon(error: Error | null): PaymentStatus | null {
  if (!(error instanceof ApiError) || error.code !== 'payment_not_cancelable') return null
  return (error.details.current_status as PaymentStatus | undefined) ?? null
}

function Problem({ error }: { error: Error }) {
  const isUnknown = error instanceof OfflineError
  return (
    <p className="problem" role="alert">
      {error.message}{' '}
      {isUnknown
        ? 'Whether it was canceled is not known. Trying again is safe: it counts once.'
        : null}
    </p>
  )
}

/** Something else won the race: what, and what can be done instead. */
function TooLate({
  payment,
  status,
  onClose,
  onRefund,
}: CancelDialogProps & { status: PaymentStatus }) {
  const client = useQueryClient()
  const idempotencyKey = useRef(crypto.randomUUID())
  const reverse = useMutation({
    mutationFn: () =>
      reversePayment({ id: payment.id, reason: null, idempotencyKey: idempotencyKey.current }),
    onSuccess: onClose,
    onSettled: () => void client.invalidateQueries({ queryKey: ['payment', payment.id] }),
  })
  const reverseOnce = useSubmitOnce(reverse)
  const isProcessing = status === 'processing'
  const isRefundable = status === 'succeeded' || status === 'partially_refunded'
  return (
    <Modal
      title={status === 'canceled' ? 'Canceled already' : 'Too late to cancel'}
      open
      onClose={onClose}
    >
      <div className="modal-body">
        <p role="alert">{outcomes[status]}</p>
        <DialogEnd error={reverse.error} back="Close" onBack={onClose}>
          {isRefundable ? (
            <button type="button" className="button button-main" onClick={onRefund}>
              Refund instead
            </button>
          ) : null}
          {isProcessing ? (
            <button
              type="button"
              className="button button-main"
              disabled={reverse.isPending}
              onClick={() => reverseOnce()}
            >
              Refund as soon as it succeeds
            </button>
          ) : null}
        </DialogEnd>
      </div>
    </Modal>
  )
}

const outcomes: Record<PaymentStatus, string> = {
  pending: 'The payment was not canceled.',
  initiated: 'The payment was not canceled.',
  processing:
    'Processing won the race: the network has the payment, so it was not canceled. It can be ' +
    'refunded as soon as it succeeds.',
  succeeded: 'Processing won the race: the payment has succeeded, so it was not canceled.',
  partially_refunded: 'The payment has succeeded and was refunded in part; it was not canceled.',
  refunded: 'The payment has succeeded and was refunded in full; there is nothing left to do.',
  failed: 'The payment has failed, so there is nothing to cancel: no money was taken.',
  canceled: 'Somebody else was faster: the payment is canceled, with the reason given there.',
}
