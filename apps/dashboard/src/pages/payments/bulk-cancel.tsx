import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { createCancellation } from '../../api/payments.ts'
import { Modal } from '../../dialogs/modal.tsx'
import { ReasonChoice } from '../../dialogs/reason-choice.tsx'
import { useIdempotencyKey } from '../../dialogs/use-idempotency-key.ts'
import { useShortcut } from '../../dialogs/use-shortcut.ts'
import { useSubmitOnce } from '../../dialogs/use-submit-once.ts'
import { formatCount, formatMoney } from '../../format.ts'
import { go } from '../../router.tsx'
import type { PaymentRow } from './payment-list.ts'

/** What can be done with the chosen payments: cancel them all, and watch it happen. */
export function BulkCancel({
  rows,
  chosen,
  onClear,
}: {
  rows: readonly PaymentRow[]
  chosen: ReadonlySet<string>
  onClear: () => void
}) {
  const [asking, setAsking] = useState(false)
  const isAny = chosen.size > 0
  useShortcut((key) => {
    if (key !== 'c' || !isAny) return false
    setAsking(true)
    return true
  })
  if (!isAny) return null
  const picked = rows.filter((row) => chosen.has(row.id))
  return (
    <section className="bulk" aria-label="Chosen payments">
      <span role="status">
        <strong>{formatCount(chosen.size)} chosen</strong> {sums(picked)}
      </span>
      <button type="button" className="button" onClick={onClear}>
        Clear
      </button>
      <button type="button" className="button button-danger" onClick={() => setAsking(true)}>
        Cancel {chosen.size === 1 ? 'payment' : 'payments'}{' '}
        <span className="kbd" aria-hidden="true">
          c
        </span>
      </button>
      <Ask open={asking} picked={picked} onClose={() => setAsking(false)} />
    </section>
  )
}

function Ask({
  open,
  picked,
  onClose,
}: {
  open: boolean
  picked: readonly PaymentRow[]
  onClose: () => void
}) {
  const [reason, setReason] = useState<string | null>('customer_requested')
  // The same payments again are the same run: a second try never makes a second one.
  const keyOf = useIdempotencyKey()
  const cancel = useMutation({
    mutationFn: () => {
      const run = { ids: picked.map((row) => row.id), reason }
      return createCancellation({ ...run, idempotencyKey: keyOf(JSON.stringify(run)) })
    },
    onSuccess: (made) => go(`/cancellations/${made.id}`),
  })
  const submit = useSubmitOnce(cancel)
  const count = picked.length
  return (
    <Modal
      title={count === 1 ? 'Cancel this payment?' : `Cancel ${formatCount(count)} payments?`}
      open={open}
      onClose={onClose}
    >
      <form
        className="modal-body"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <p>
          {sums(picked)} in all. Those that are processing by the time their turn comes are left as
          they are, and listed.
        </p>
        <ReasonChoice reason={reason} onChange={setReason} />
        {cancel.error ? (
          <p className="problem" role="alert">
            {cancel.error.message} Nothing is done twice: try again.
          </p>
        ) : null}
        <div className="modal-actions">
          <button type="button" className="button" onClick={onClose}>
            Keep them
          </button>
          <button type="submit" className="button button-danger" disabled={cancel.isPending}>
            {cancel.isPending ? 'Canceling…' : 'Cancel payments'}
          </button>
        </div>
      </form>
    </Modal>
  )
}

/** `$20.00 and ¥500`: amounts of different currencies are never added up. */
function sums(rows: readonly PaymentRow[]): string {
  const byCurrency = new Map<string, number>()
  for (const { amount, currency } of rows) {
    byCurrency.set(currency, (byCurrency.get(currency) ?? 0) + amount)
  }
  return [...byCurrency].map(([currency, minor]) => formatMoney(minor, currency)).join(' and ')
}
