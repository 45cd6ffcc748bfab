import type { AttemptKind } from '@hedgepayments/contract'
import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import type { PaymentAttemptRow } from '../../database/task-rows.ts'
import { keptFailureCode } from '../../processors/interface/results.ts'
import { findLastAttempt } from './attempts.sql.ts'

/**
 * The idempotency key for a call that may have been made before. A call whose result is unknown is
 * repeated with the same key: only the key makes that safe. After a failure that the processor has
 * kept for the key, the next key follows: `…:capture`, `…:capture:2`. Call this after a look-up has
 * shown that nothing was done, or for a call that the processor does at most once per payment.
 */
export async function processorKeyOf(
  db: Db,
  call: { row: PaymentRow; kind: AttemptKind; firstKey: string },
): Promise<string> {
  const { row, kind, firstKey } = call
  const last = await findLastAttempt(db, { row, kinds: [kind], firstKey })
  return last ? keyAfter(last, firstKey) : firstKey
}

/** The key of an authorization, numbered from 1, because each payment method token needs a new key. */
export function authorizeKeyAfter(last: LastCall | undefined, row: PaymentRow): string {
  const stem = `${row.id}:authorize`
  return last ? keyAfter(last, stem) : `${stem}:1`
}

type LastCall = Pick<PaymentAttemptRow, 'processor_key' | 'code'>

function keyAfter(last: LastCall, stem: string): string {
  if (last.code !== keptFailureCode) return last.processor_key
  const number = Number(last.processor_key.slice(stem.length + 1) || 1)
  return `${stem}:${number + 1}`
}
