import { useState } from 'react'
import { useShortcut } from '../../dialogs/use-shortcut.ts'
import { formatCount, formatMoney } from '../../format.ts'
import { BulkCancelDialog } from './bulk-cancel-dialog.tsx'
import type { PaymentRow } from './payment-list.ts'

/** The bar below the list: how many payments are chosen, and the button that cancels them. */
export function BulkCancel({
  rows,
  chosen,
  onClear,
}: {
  rows: readonly PaymentRow[]
  /** Ids of payments. */
  chosen: ReadonlySet<string>
  onClear: () => void
}) {
  const [isAsking, setAsking] = useState(false)
  const isAny = chosen.size > 0
  useShortcut((key) => {
    if (key !== 'c' || !isAny) return false
    setAsking(true)
    return true
  })
  if (!isAny) return null
  const chosenRows = rows.filter((row) => chosen.has(row.id))
  const total = formatTotal(chosenRows)
  return (
    <section className="bulk" aria-label="Chosen payments">
      <span role="status">
        <strong>{formatCount(chosen.size)} chosen</strong> {total}
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
      <BulkCancelDialog
        open={isAsking}
        ids={chosenRows.map(({ id }) => id)}
        total={total}
        onClose={() => setAsking(false)}
      />
    </section>
  )
}

/** `$20.00 and ¥500`: amounts of different currencies are never added up. */
function formatTotal(rows: readonly PaymentRow[]): string {
  const byCurrency = new Map<string, number>()
  for (const { amount, currency } of rows) {
    byCurrency.set(currency, (byCurrency.get(currency) ?? 0) + amount)
  }
  return [...byCurrency].map(([currency, minor]) => formatMoney(minor, currency)).join(' and ')
}
