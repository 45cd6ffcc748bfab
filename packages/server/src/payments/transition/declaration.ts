import type { ActorType } from '@hedgepayments/contract'
import type { PaymentRow } from '../../database/schema.ts'

/** An operator who declares what the processor does not tell, and how they know it. */
export interface Declaration {
  readonly actor: { readonly type: 'api_key'; readonly id: string }
  readonly reason: string
}

/** The actor and the reason of a step: the operator's, or else the processor's. */
export function causeOf(
  row: PaymentRow,
  by: Declaration | undefined,
  reason: string | null,
): {
  readonly actor: { readonly type: ActorType; readonly id: string | null }
  readonly reason: string | null
} {
  return by ?? { actor: { type: 'processor', id: row.processor }, reason }
}
