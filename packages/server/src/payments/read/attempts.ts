import { isId, type PaymentAttempt, pageSizeDefault } from '@hedgepayments/contract'
import type { Db } from '../../database/db.ts'
import type { PaymentAttemptRow } from '../../database/task-rows.ts'
import type { Account } from '../../domain/account.ts'
import { answer, type Reply } from '../../http/answers/answer.ts'
import { renderList } from '../../http/request/pagination.ts'
import { listAttempts } from '../calls/attempts.sql.ts'
import { paymentNotFound } from '../transition/refusals.ts'
import { findPayment } from '../view/payments.sql.ts'

/** Answers a page of a payment's calls to its processor, newest first. */
export async function readAttempts(
  db: Db,
  request: {
    account: Account
    paymentId: string
    query: { limit?: number; starting_after?: number }
  },
): Promise<Reply> {
  const { account, paymentId: id, query } = request
  if (!isId('payment', id) || !(await findPayment(db, { account, id }))) return paymentNotFound(id)
  const { rows, hasMore } = await listAttempts(db, {
    account,
    paymentId: id,
    before: query.starting_after ?? null,
    limit: query.limit ?? pageSizeDefault,
  })
  const data = rows.map(renderAttempt)
  return answer(200, renderList({ data, hasMore, url: `/v1/payments/${id}/attempts` }))
}

function renderAttempt(row: PaymentAttemptRow): PaymentAttempt {
  return {
    object: 'payment_attempt',
    number: row.number,
    kind: row.kind,
    processor: row.processor,
    actor: { type: row.actor_type, id: row.actor_id },
    outcome: row.outcome,
    code: row.code,
    message: row.message,
    started_at: row.started_at,
    ended_at: row.ended_at,
  }
}
