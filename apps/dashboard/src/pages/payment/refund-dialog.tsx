import type { Payment } from '@hedgepayments/contract'
import { formatForInput } from '@hedgepayments/contract/amounts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { OfflineError } from '../../api/client.ts'
import { paymentQuery, refundPayment } from '../../api/payments.ts'
import { DialogEnd } from '../../dialogs/dialog-end.tsx'
import { readAmount } from '../../dialogs/entered-amount.ts'
import { Modal } from '../../dialogs/modal.tsx'
import { useSubmitOnce } from '../../dialogs/use-submit-once.ts'
import { formatMoney } from '../../format.ts'

/** Gives back some or all of what is left, and shows what will remain. */
export function RefundDialog({ payment, onClose }: { payment: Payment; onClose: () => void }) {
  const client = useQueryClient()
  const { currency } = payment
  const left = payment.amount - payment.refunded_amount
  const [text, setText] = useState(() => formatForInput({ minor: left, currency }))
  const [reason, setReason] = useState('')
  const idempotencyKey = useRef(crypto.randomUUID())
  const entered = readAmount(text, { currency, maxMinor: left, maxReason: 'that is what is left' })

  const refund = useMutation({
    mutationFn: (minor: number) =>
      refundPayment({
        id: payment.id,
        amount: minor,
        reason: reason.trim() === '' ? null : reason.trim(),
        idempotencyKey: idempotencyKey.current,
      }),
    onSuccess: (refunded) => {
      client.setQueryData(paymentQuery(payment.id).queryKey, refunded)
      onClose()
    },
    onError: (error) => {
      // A refusal was decided; only a try whose answer was lost may be the same refund again.
      if (!(error instanceof OfflineError)) idempotencyKey.current = crypto.randomUUID()
    },
    onSettled: () => void client.invalidateQueries({ queryKey: ['payment', payment.id] }),
  })
  const submit = useSubmitOnce(refund)

  return (
    <Modal title="Refund" open onClose={onClose}>
      <form
        className="modal-body"
        onSubmit={(event) => {
          event.preventDefault()
          if ('minor' in entered) submit(entered.minor)
        }}
      >
        <label className="field">
          <span>Amount in {currency}</span>
          <input
            type="text"
            inputMode="decimal"
            value={text}
            onChange={(event) => setText(event.target.value)}
            aria-describedby="refund-left"
            aria-invalid={'problem' in entered ? true : undefined}
          />
        </label>
        <p id="refund-left" className={'problem' in entered ? 'problem' : 'quiet'} role="status">
          {'problem' in entered
            ? entered.problem
            : `${formatMoney(left - entered.minor, currency)} of ${formatMoney(payment.amount, currency)} will remain.`}
        </p>
        <label className="field">
          <span>Reason (optional)</span>
          <input
            type="text"
            value={reason}
            maxLength={500}
            onChange={(event) => setReason(event.target.value)}
          />
        </label>
        <DialogEnd error={refund.error} onBack={onClose}>
          <button
            type="submit"
            className="button button-main"
            disabled={'problem' in entered || refund.isPending}
          >
            {'problem' in entered ? 'Refund' : `Refund ${formatMoney(entered.minor, currency)}`}
          </button>
        </DialogEnd>
      </form>
    </Modal>
  )
}
