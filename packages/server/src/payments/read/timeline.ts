import { isId } from '@hedgepayments/contract'
import type { Db } from '../../database/db.ts'
import type { Account } from '../../domain/account.ts'
import { sequenceOf } from '../../events/event-id.ts'
import { listPaymentEvents } from '../../events/events.sql.ts'
import { renderEvent } from '../../events/render.ts'
import { answer, type Reply } from '../../http/answers/answer.ts'
import { type Refusal, refuseField } from '../../http/answers/refusal.ts'
import { readPage, renderList } from '../../http/request/pagination.ts'
import { refuseCursor } from '../../lists/fence.ts'
import { paymentNotFound } from '../transition/refusals.ts'
import { findPayment } from '../view/payments.sql.ts'
import { findRefunds } from '../view/refunds.sql.ts'

/** Answers a page of a payment's events, newest first. */
export async function readTimeline(
  db: Db,
  request: {
    account: Account
    paymentId: string
    query: { limit?: number; starting_after?: string; ending_before?: string }
  },
): Promise<Reply> {
  const { account, paymentId: id, query } = request
  if (!isId('payment', id)) return paymentNotFound(id)
  const page = readPage(query, 'event')
  if ('refusal' in page) return page
  const after = readCursor('starting_after', page.after, id)
  if (isRefusal(after)) return after
  const before = readCursor('ending_before', page.before, id)
  if (isRefusal(before)) return before
  const { rows, hasMore } = await listPaymentEvents(db, {
    account,
    paymentId: id,
    page: { limit: page.limit, after, before },
  })
  // Read after the events, so that the payment is never older than its newest event.
  const payment = await findPayment(db, { account, id })
  if (!payment) return paymentNotFound(id)
  if ((after ?? before ?? 0) > payment.sequence) return refuseCursor(page, `an event of ${id}`)
  const refunds = payment.refund_count > 0 ? await findRefunds(db, { account, paymentId: id }) : []
  const data = rows.map((row) => renderEvent(row, payment, refunds))
  return answer(200, renderList({ data, hasMore, url: `/v1/payments/${id}/events` }))
}

function readCursor(field: string, id: string | null, paymentId: string): number | null | Refusal {
  if (id === null) return null
  return sequenceOf(id, paymentId) ?? refuseField(field, id, `an event of ${paymentId}`)
}

function isRefusal(cursor: number | null | Refusal): cursor is Refusal {
  return typeof cursor === 'object' && cursor !== null
}
