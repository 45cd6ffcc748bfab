import type { Payment } from '@hedgepayments/contract'
import { formatForInput } from '@hedgepayments/contract/amounts'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { refundPayment } from '../../../api/payments.ts'
import { readAmount } from '../../../dialogs/entered-amount.ts'
import { FormDialog } from '../../../dialogs/form-dialog.tsx'
import { useOperationKey } from '../../../dialogs/use-idempotency-key.ts'
import { useSubmitOnce } from '../../../dialogs/use-submit-once.ts'
import { formatMoney } from '../../../format.ts'
import { AmountField } from './amount-field.tsx'
import { useAfterChange } from './use-after-change.ts'

/** Refunds all of a payment or a part of it, and shows the amount that will remain. */
export function RefundDialog({ payment, onClose }: { payment: Payment; onClose: () => void }) {
  const { currency } = payment
  const left = payment.captured_amount - payment.refunded_amount
  const [text, setText] = useState(() => formatForInput({ minor: left, currency }))
  const [reason, setReason] = useState('')
  const entered = readAmount(text, { currency, maxMinor: left, maxReason: 'that is what is left' })
  const refund = useRefund(payment.id, onClose)
  const refundOnce = useSubmitOnce(refund)
  const money = (minor: number) => formatMoney(minor, currency)
  const problem = 'problem' in entered ? entered.problem : null
  return (
    <FormDialog
      title="Refund"
      onClose={onClose}
      onSubmit={() => {
        if ('minor' in entered) refundOnce({ minor: entered.minor, reason: reason.trim() })
      }}
      action={'problem' in entered ? 'Refund' : `Refund ${money(entered.minor)}`}
      disabled={problem !== null || refund.isPending}
      error={refund.error}
    >
      <AmountField
        {...{ currency, problem }}
        value={text}
        onChange={setText}
        consequence={
          'minor' in entered
            ? `${money(left - entered.minor)} of ${money(payment.captured_amount)} will remain.`
            : null
        }
      />
      <label className="field">
        <span>Reason (optional)</span>
        <input
          type="text"
          value={reason}
          maxLength={500}
          onChange={(event) => setReason(event.target.value)}
        />
      </label>
    </FormDialog>
  )
}

function useRefund(id: string, onRefunded: () => void) {
  const key = useOperationKey()
  return useMutation({
    mutationFn: ({ minor, reason }: { minor: number; reason: string }) =>
      refundPayment({
        id,
        amount: minor,
        reason: reason === '' ? null : reason,
        idempotencyKey: key.read(),
      }),
    ...useAfterChange(id, onRefunded),
    onError: key.renewAfter,
  })
}
