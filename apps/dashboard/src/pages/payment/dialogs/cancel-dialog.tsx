import type { Payment, PaymentStatus } from '@hedgepayments/contract'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiError, OfflineError } from '../../../api/client.ts'
import { cancelPayment } from '../../../api/payments.ts'
import { FormDialog } from '../../../dialogs/form-dialog.tsx'
import { ReasonChoice } from '../../../dialogs/reason-choice.tsx'
import { useContentKey } from '../../../dialogs/use-idempotency-key.ts'
import { useSubmitOnce } from '../../../dialogs/use-submit-once.ts'
import { formatMoney, humanize } from '../../../format.ts'
import { Countdown } from '../countdown.tsx'
import { TooLateDialog } from './too-late-dialog.tsx'
import { useAfterChange } from './use-after-change.ts'

interface CancelDialogProps {
  readonly payment: Payment
  readonly onClose: () => void
  readonly onRefund: () => void
}

/** Cancels a payment. If the cancel comes too late, it offers a refund. */
export function CancelDialog({ payment, onClose, onRefund }: CancelDialogProps) {
  const [reason, setReason] = useState<string | null>('customer_requested')
  const cancel = useCancel(payment.id, onClose)
  const cancelOnce = useSubmitOnce(cancel)
  const currentStatus = statusOfRefusal(cancel.error)
  if (currentStatus !== null) {
    return (
      <TooLateDialog
        payment={payment}
        status={currentStatus}
        onClose={onClose}
        onRefund={onRefund}
      />
    )
  }
  return (
    <FormDialog
      title="Cancel this payment?"
      onClose={onClose}
      onSubmit={() => cancelOnce(reason)}
      action={cancel.isPending ? 'Canceling…' : 'Cancel payment'}
      isDangerous
      disabled={cancel.isPending}
      back="Keep it"
      error={cancel.error}
      errorHint={
        cancel.error instanceof OfflineError
          ? 'Whether it was canceled is not known. Trying again is safe: it counts once.'
          : undefined
      }
    >
      <p>
        <strong>{formatMoney(payment.amount, payment.currency)}</strong> of {payment.customer_email}{' '}
        will not be charged. This cannot be undone.
      </p>
      {payment.cancelable ? (
        <Countdown payment={payment} />
      ) : (
        // The dialog stays as it is: the user may be about to press a button, and would hit another.
        <p className="notice" role="status">
          By now its status is “{humanize(payment.status)}”.
        </p>
      )}
      <ReasonChoice reason={reason} onChange={setReason} />
    </FormDialog>
  )
}

function useCancel(id: string, onCanceled: () => void) {
  const keyOf = useContentKey()
  return useMutation({
    mutationFn: (reason: string | null) =>
      cancelPayment({ id, reason, idempotencyKey: keyOf(reason ?? '') }),
    ...useAfterChange(id, onCanceled),
  })
}

/** The payment's status, if the server refused the cancel because of it. */
function statusOfRefusal(error: Error | null): PaymentStatus | null {
  if (!(error instanceof ApiError) || error.code !== 'payment_not_cancelable') return null
  return (error.details.current_status as PaymentStatus | undefined) ?? null
}
