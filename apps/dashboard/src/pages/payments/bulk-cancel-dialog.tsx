import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { createCancellation } from '../../api/cancellations.ts'
import { FormDialog } from '../../dialogs/form-dialog.tsx'
import { ReasonChoice } from '../../dialogs/reason-choice.tsx'
import { useContentKey } from '../../dialogs/use-idempotency-key.ts'
import { useSubmitOnce } from '../../dialogs/use-submit-once.ts'
import { formatCount } from '../../format.ts'
import { navigate } from '../../router.tsx'

/** Starts a bulk cancellation of payments, then opens its page. */
export function BulkCancelDialog({
  open,
  ids,
  total,
  onClose,
}: {
  open: boolean
  ids: readonly string[]
  /** Amount of all payments, formatted. */
  total: string
  onClose: () => void
}) {
  const [reason, setReason] = useState<string | null>('customer_requested')
  const keyOf = useContentKey()
  const cancel = useMutation({
    mutationFn: () => {
      const content = { ids, reason }
      return createCancellation({ ...content, idempotencyKey: keyOf(JSON.stringify(content)) })
    },
    onSuccess: (created) => navigate(`/cancellations/${created.id}`),
  })
  const cancelOnce = useSubmitOnce(cancel)
  return (
    <FormDialog
      title={
        ids.length === 1 ? 'Cancel this payment?' : `Cancel ${formatCount(ids.length)} payments?`
      }
      open={open}
      onClose={onClose}
      onSubmit={() => cancelOnce()}
      action={cancel.isPending ? 'Canceling…' : 'Cancel payments'}
      isDangerous
      disabled={cancel.isPending}
      back="Keep them"
      error={cancel.error}
      errorHint="Nothing is done twice: try again."
    >
      <p>
        {total} in all. Payments that are already processing when their turn comes are not canceled,
        and are listed afterwards.
      </p>
      <ReasonChoice reason={reason} onChange={setReason} />
    </FormDialog>
  )
}
