import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import type { Debits, Processor } from '../../processors/interface/processor.ts'
import { findLastAttempt } from './attempts.sql.ts'

/** The part of the processor that debits a payment. `null`: the payment is authorized and captured. */
export function debitsOf(
  processor: Processor,
  { payment_method: method }: Pick<PaymentRow, 'payment_method'>,
): Debits | null {
  const { debits } = processor
  return debits?.methods.includes(method) ? debits : null
}

/**
 * Whether a payment is a debit that was never sent, so that the processor can have nothing to void. Before
 * `processing` that is certain. After it, the recorded calls tell.
 */
export async function isUnsentDebit(
  db: Db,
  processor: Processor,
  row: PaymentRow,
): Promise<boolean> {
  if (!debitsOf(processor, row)) return false
  return (await findLastAttempt(db, { row, kinds: ['capture'] })) === undefined
}
