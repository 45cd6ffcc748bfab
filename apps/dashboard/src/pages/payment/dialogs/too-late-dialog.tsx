import type { Payment, PaymentStatus } from '@hedgepayments/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { reversePayment } from '../../../api/payments.ts'
import { DialogEnd } from '../../../dialogs/dialog-end.tsx'
import { Modal } from '../../../dialogs/modal.tsx'
import { useSubmitOnce } from '../../../dialogs/use-submit-once.ts'

interface TooLateDialogProps {
  readonly payment: Payment
  /** The status that made the server refuse the cancel. */
  readonly status: PaymentStatus
  readonly onClose: () => void
  readonly onRefund: () => void
}

/** Says why a cancel was refused, and offers a refund if one is possible. */
export function TooLateDialog({ payment, status, onClose, onRefund }: TooLateDialogProps) {
  const reverse = useReverse(payment.id, onClose)
  const reverseOnce = useSubmitOnce(reverse)
  const isRefundable = status === 'succeeded' || status === 'partially_refunded'
  return (
    <Modal
      title={status === 'canceled' ? 'Canceled already' : 'Too late to cancel'}
      open
      onClose={onClose}
    >
      <div className="modal-body">
        <p role="alert">{explanations[status]}</p>
        <DialogEnd error={reverse.error} back="Close" onBack={onClose}>
          {isRefundable ? (
            <button type="button" className="button button-main" onClick={onRefund}>
              Refund instead
            </button>
          ) : null}
          {status === 'processing' ? (
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

function useReverse(id: string, onReversed: () => void) {
  const client = useQueryClient()
  const idempotencyKey = useRef(crypto.randomUUID())
  return useMutation({
    mutationFn: () => reversePayment({ id, reason: null, idempotencyKey: idempotencyKey.current }),
    onSuccess: onReversed,
    onSettled: () => void client.invalidateQueries({ queryKey: ['payment', id] }),
  })
}

const explanations: Record<PaymentStatus, string> = {
  pending: 'The payment was not canceled.',
  initiated: 'The payment was not canceled.',
  processing:
    'The network already has the payment, so it was not canceled. It can be refunded as soon as ' +
    'it succeeds.',
  succeeded: 'The payment has already succeeded, so it was not canceled.',
  partially_refunded:
    'The payment has already succeeded and was refunded in part, so it was not canceled.',
  refunded: 'The payment has succeeded and was refunded in full. Nothing is left to cancel.',
  failed: 'The payment has failed. No money was taken, so nothing is left to cancel.',
  canceled: 'Another user or program canceled the payment first. The reason given there applies.',
}
