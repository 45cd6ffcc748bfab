import { amountMinorMax, formatForInput } from '@hedgepayments/contract/amounts'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { createPayment } from '../../api/payments.ts'
import { readAmount } from '../../dialogs/entered-amount.ts'
import { FormDialog, readText } from '../../dialogs/form-dialog.tsx'
import { useOperationKey } from '../../dialogs/use-idempotency-key.ts'
import { useSubmitOnce } from '../../dialogs/use-submit-once.ts'
import { navigate } from '../../router.tsx'
import { AmountFields, EmailField, ResultChoice, UndoWindowField } from './test-payment-fields.tsx'

/** Creates a payment in the sandbox, so that users can try a cancel without a command line. */
export function CreateTestPayment({ onClose }: { onClose: () => void }) {
  const [amount, setAmount] = useState(() => formatForInput({ minor: 42_00, currency: 'USD' }))
  const [currency, setCurrency] = useState('USD')
  const [token, setToken] = useState<string | null>('tok_visa')
  const key = useOperationKey()
  const entered = readAmount(amount, {
    currency,
    maxMinor: amountMinorMax,
    maxReason: 'more is not possible',
  })
  const create = useMutation({
    mutationFn: createPayment,
    onSuccess: (payment) => navigate(`/payments/${payment.id}`),
    onError: key.renewAfter,
  })
  const createOnce = useSubmitOnce(create)
  const submit = (form: FormData) => {
    if (!('minor' in entered)) return
    createOnce({
      amountMinor: entered.minor,
      currency,
      email: readText(form, 'email'),
      cancelWindowSeconds: token === null ? 0 : Number(form.get('undo')),
      token,
      idempotencyKey: key.read(),
    })
  }
  return (
    <FormDialog
      title="Create a test payment"
      onClose={onClose}
      onSubmit={submit}
      action={create.isPending ? 'Creating…' : 'Create payment'}
      disabled={'problem' in entered || create.isPending}
      error={create.error}
    >
      <AmountFields
        amount={amount}
        onAmount={setAmount}
        currency={currency}
        onCurrency={setCurrency}
        problem={'problem' in entered ? entered.problem : null}
      />
      <EmailField />
      <ResultChoice token={token} onChange={setToken} />
      {token === 'tok_visa' ? <UndoWindowField /> : null}
    </FormDialog>
  )
}
