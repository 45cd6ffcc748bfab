import type { Attention, Payment, Resolution } from '@hedgepayments/contract'
import { formatForInput } from '@hedgepayments/contract/amounts'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { attentionQuery, resolvePayment } from '../../../api/attention.ts'
import { disputesOfPaymentQuery } from '../../../api/disputes.ts'
import { readAmount } from '../../../dialogs/entered-amount.ts'
import { FormDialog } from '../../../dialogs/form-dialog.tsx'
import { useOperationKey } from '../../../dialogs/use-idempotency-key.ts'
import { useSubmitOnce } from '../../../dialogs/use-submit-once.ts'
import { formatMoney } from '../../../format.ts'
import { AmountField } from './amount-field.tsx'
import { SubjectField, subjectsOf } from './subject-field.tsx'
import { useAfterChange } from './use-after-change.ts'

interface ResolveDialogProps {
  readonly payment: Payment
  readonly attention: readonly Attention[]
  readonly onClose: () => void
}

/** Declares what the processor does not tell, or tries again. The choice and the reason confirm it. */
export function ResolveDialog({ payment, attention, onClose }: ResolveDialogProps) {
  const { amount, currency } = payment
  const possible = [...new Set(attention.flatMap(({ resolutions }) => resolutions))]
  const disputes = useQuery(disputesOfPaymentQuery(payment.id)).data ?? []
  const [resolution, setResolution] = useState<Resolution | null>(null)
  const [reason, setReason] = useState('')
  const [text, setText] = useState(() => formatForInput({ minor: amount, currency }))
  const [subject, setSubject] = useState<string | null>(null)
  const entered = readAmount(text, { currency, maxMinor: amount, maxReason: 'that is the payment' })
  const problem = resolution === 'captured' && 'problem' in entered ? entered.problem : null
  const subjects = subjectsOf(resolution, payment, disputes)
  const chosen = subject ?? subjects.ids[0]?.id
  const resolve = useResolve(payment.id, onClose)
  const resolveOnce = useSubmitOnce(resolve)
  return (
    <FormDialog
      title="Resolve"
      onClose={onClose}
      onSubmit={() => {
        if (resolution === null) return
        const isCapture = resolution === 'captured' && 'minor' in entered
        const more = {
          ...(isCapture ? { amount: entered.minor } : {}),
          ...(subjects.field !== null && chosen ? { [subjects.field]: chosen } : {}),
        }
        resolveOnce({ resolution, reason: reason.trim(), more })
      }}
      action={resolution === null ? 'Resolve' : actions[resolution]}
      isDangerous={resolution !== null && resolution !== 'retry'}
      disabled={
        resolution === null || reason.trim() === '' || problem !== null || resolve.isPending
      }
      error={resolve.error}
    >
      <p>
        Check the payment at the processor first. What you declare is booked, and recorded in the
        audit log with your key.
      </p>
      <ResolutionChoice {...{ possible, resolution }} onChange={setResolution} />
      {resolution === 'captured' ? (
        <AmountField
          {...{ currency, problem }}
          value={text}
          onChange={setText}
          consequence={'minor' in entered ? `Books ${formatMoney(entered.minor, currency)}.` : null}
        />
      ) : null}
      <SubjectField subjects={subjects} chosen={chosen} onChange={setSubject} />
      <label className="field">
        <span>How you know</span>
        <input
          type="text"
          value={reason}
          maxLength={500}
          required
          onChange={(event) => setReason(event.target.value)}
        />
      </label>
    </FormDialog>
  )
}

function ResolutionChoice(choice: {
  possible: readonly Resolution[]
  resolution: Resolution | null
  onChange: (resolution: Resolution) => void
}) {
  const { possible, resolution, onChange } = choice
  return (
    <fieldset className="reasons">
      <legend>What happened</legend>
      {possible.map((one) => (
        <label key={one} className="reason">
          <input
            type="radio"
            name="resolution"
            checked={one === resolution}
            onChange={() => onChange(one)}
          />
          <span>{meanings[one]}</span>
        </label>
      ))}
    </fieldset>
  )
}

const meanings: Record<Resolution, string> = {
  retry: 'I do not know: ask the processor again',
  captured: 'The processor took the money',
  not_captured: 'The processor did not take the money',
  voided: 'The processor holds no money of the customer',
  late_capture_refunded: 'The customer has the money back',
  refund_paid: 'The refund was made',
  refund_failed: 'The refund was not made',
  settled: 'The money has reached us',
  dispute_won: 'The dispute is won',
  dispute_lost: 'The dispute is lost',
  accepted: 'It is handled elsewhere: leave the books as they are',
}

const actions: Record<Resolution, string> = {
  retry: 'Try again',
  captured: 'Book as captured',
  not_captured: 'Book as not captured',
  voided: 'Stop voiding',
  late_capture_refunded: 'Stop refunding',
  refund_paid: 'Book as paid',
  refund_failed: 'Book as failed',
  settled: 'Book as settled',
  dispute_won: 'Book as won',
  dispute_lost: 'Book as lost',
  accepted: 'Leave as it is',
}

function useResolve(id: string, onResolved: () => void) {
  const key = useOperationKey()
  const client = useQueryClient()
  const after = useAfterChange(id, onResolved)
  return useMutation({
    mutationFn: (given: {
      resolution: Resolution
      reason: string
      more: { readonly amount?: number; readonly refund_id?: string; readonly dispute_id?: string }
    }) => resolvePayment({ id, ...given, idempotencyKey: key.read() }),
    ...after,
    onSettled: () => {
      after.onSettled()
      void client.invalidateQueries({ queryKey: attentionQuery.queryKey })
    },
    onError: key.renewAfter,
  })
}
