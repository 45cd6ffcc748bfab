import type { Db } from '../../database/db.ts'
import type { IdempotencyRow } from '../../database/schema.ts'
import { accountOf } from '../../domain/account.ts'
import { type Answer, answer, type Reply } from '../../http/answers/answer.ts'
import { asReplay, storedAnswer } from '../../idempotency/replay.ts'
import { notCancelable, preconditionFailed } from '../transition/refusals.ts'
import { findPayment } from '../view/payments.sql.ts'
import { etagOf, renderPayment } from '../view/render.ts'
import type { CancelOutcome } from './cancel.sql.ts'

/** Renders the answer to a cancel that was decided. */
export function renderOutcome(
  id: string,
  outcome: Exclude<CancelOutcome, { kind: 'missing' | 'locked' | 'recorded' }>,
): Reply {
  switch (outcome.kind) {
    case 'canceled':
      return renderCanceled(outcome.row)
    case 'refused':
      return notCancelable(id, outcome.status)
    case 'stale':
      return preconditionFailed({ id, status: outcome.status, sequence: outcome.sequence })
  }
}

/**
 * Replays the first answer to a cancel by rendering it again. Nothing in it can have changed: a canceled
 * payment is final, and the record contains the status of a refusal.
 */
export async function replayCancel(db: Db, record: IdempotencyRow): Promise<Reply> {
  if (record.outcome === 'stored') return storedAnswer(record)
  const { payment_id: id, refused_status: status, event_sequence: sequence } = record
  if (id === null || sequence === null) throw new Error('the record of a cancel has no payment')
  if (record.outcome === 'canceled') {
    const account = accountOf(record)
    const row = await findPayment(db, { account, id })
    if (!row) throw new Error('a canceled payment was not found')
    return asReplay(renderCanceled({ ...row, sequence }))
  }
  if (status === null) throw new Error('the record of a refused cancel has no status')
  return asReplay(
    record.outcome === 'stale'
      ? preconditionFailed({ id, status, sequence })
      : notCancelable(id, status),
  )
}

function renderCanceled(row: Parameters<typeof renderPayment>[0]): Answer {
  return answer(200, renderPayment(row, []), { etag: etagOf(row) })
}
