import type { Tx } from '../../database/db.ts'
import type { Reply } from '../../http/answers/answer.ts'
import { paymentNotFound } from '../transition/refusals.ts'
import { type CancelEntry, cancelPayments, inTransaction } from './cancel.sql.ts'
import { renderOutcome } from './cancel-answer.ts'

/** Cancels one payment as a part of a transaction, without an idempotency key and If-Match. */
export async function cancelInTransaction(
  tx: Tx,
  entry: Omit<CancelEntry, 'versions' | 'idempotencyKey' | 'requestHash'>,
): Promise<Reply> {
  const [outcome] = await cancelPayments(inTransaction(tx), [
    { ...entry, versions: null, idempotencyKey: null, requestHash: null },
  ])
  if (!outcome || outcome.kind === 'recorded' || outcome.kind === 'locked')
    throw new Error(`a cancel without a key, which waits for locks, was ${outcome?.kind}`)
  if (outcome.kind === 'missing') return paymentNotFound(entry.paymentId)
  return renderOutcome(entry.paymentId, outcome)
}
