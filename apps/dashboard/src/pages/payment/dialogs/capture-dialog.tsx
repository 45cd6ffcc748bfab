import type { Payment } from '@hedgepayments/contract'
import { formatForInput } from '@hedgepayments/contract/amounts'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { capturePayment } from '../../../api/payments.ts'
import { readAmount } from '../../../dialogs/entered-amount.ts'
import { FormDialog } from '../../../dialogs/form-dialog.tsx'
import { useOperationKey } from '../../../dialogs/use-idempotency-key.ts'
import { useSubmitOnce } from '../../../dialogs/use-submit-once.ts'
import { formatMoney } from '../../../format.ts'
import { AmountField } from './amount-field.tsx'
import { useAfterChange } from './use-after-change.ts'

/** Captures all of an authorized payment or a part of it, and shows the amount that is released. */
export function CaptureDialog({ payment, onClose }: { payment: Payment; onClose: () => void }) {
  const { amount, currency } = payment
  const [text, setText] = useState(() => formatForInput({ minor: amount, currency }))
  const maxReason = 'that is what is authorized'
  const entered = readAmount(text, { currency, maxMinor: amount, maxReason })
  const capture = useCapture(payment.id, onClose)
  const captureOnce = useSubmitOnce(capture)
  const money = (minor: number) => formatMoney(minor, currency)
  const problem = 'problem' in entered ? entered.problem : null
  return (
    <FormDialog
      title="Capture"
      onClose={onClose}
      onSubmit={() => {
        if ('minor' in entered) captureOnce(entered.minor)
      }}
      action={'problem' in entered ? 'Capture' : `Capture ${money(entered.minor)}`}
      disabled={problem !== null || capture.isPending}
      error={capture.error}
    >
      <p>The customer is charged. After that, the payment cannot be canceled, only refunded.</p>
      <AmountField
        {...{ currency, problem }}
        value={text}
        onChange={setText}
        consequence={'minor' in entered ? restOf(amount - entered.minor, money) : null}
      />
    </FormDialog>
  )
}

function restOf(restMinor: number, money: (minor: number) => string): string {
  return restMinor === 0 ? 'Nothing is released.' : `${money(restMinor)} is released, for good.`
}

function useCapture(id: string, onCaptured: () => void) {
  const key = useOperationKey()
  return useMutation({
    mutationFn: (minor: number) =>
      capturePayment({ id, amount: minor, idempotencyKey: key.read() }),
    ...useAfterChange(id, onCaptured),
    onError: key.renewAfter,
  })
}
