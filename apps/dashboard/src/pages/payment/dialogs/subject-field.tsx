import type { Dispute, Payment, Resolution } from '@hedgepayments/contract'
import { formatMoney } from '../../../format.ts'

/** What a resolution is about, if that is a part of the payment. */
export interface Subjects {
  /** The field of the request. `null`: the resolution is about the payment. */
  readonly field: 'refund_id' | 'dispute_id' | null
  readonly ids: readonly { readonly id: string; readonly name: string }[]
}

/** The pending refunds or open disputes that a resolution can be about. */
export function subjectsOf(
  resolution: Resolution | null,
  payment: Payment,
  disputes: readonly Dispute[],
): Subjects {
  const named = (one: { id: string; amount: number; currency: string }) => ({
    id: one.id,
    name: `${formatMoney(one.amount, one.currency)}, ${one.id}`,
  })
  if (resolution === 'refund_paid' || resolution === 'refund_failed') {
    const pending = payment.refunds.filter(({ status }) => status === 'pending')
    return { field: 'refund_id', ids: pending.map(named) }
  }
  if (resolution === 'dispute_won' || resolution === 'dispute_lost') {
    const open = disputes.filter(({ status }) => status !== 'won' && status !== 'lost')
    return { field: 'dispute_id', ids: open.map(named) }
  }
  return { field: null, ids: [] }
}

/** A choice among several refunds or disputes. With one or none it shows nothing. */
export function SubjectField(props: {
  subjects: Subjects
  chosen: string | undefined
  onChange: (id: string) => void
}) {
  const { subjects, chosen, onChange } = props
  if (subjects.ids.length < 2) return null
  return (
    <label className="field">
      <span>{subjects.field === 'refund_id' ? 'Which refund' : 'Which dispute'}</span>
      <select value={chosen} onChange={(event) => onChange(event.target.value)}>
        {subjects.ids.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}
