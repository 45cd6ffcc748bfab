import { isId, type Payment, type Reversal, type ReversedPayment } from '@hedgepayments/contract'
import { sql } from 'kysely'
import type { Db } from '../../database/connect.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { isAllowed } from '../../domain/lifecycle.ts'
import type { Timestamp } from '../../domain/time.ts'
import { type Answer, answer, type Reply } from '../../http/answers/answer.ts'
import type { Auth } from '../../http/request/auth.ts'
import type { IdempotencyKey } from '../../http/request/idempotency-key.ts'
import { once, type Tx } from '../../idempotency/once.ts'
import { cancelInTransaction } from '../cancel/cancel.ts'
import { leftToRefund, recordRefund } from '../refund/refund.ts'
import { isStale } from '../transition/if-match.ts'
import { lockPayment, movePayment } from '../transition/move.sql.ts'
import { notReversible, paymentNotFound, preconditionFailed } from '../transition/refusals.ts'
import { etagOf } from '../view/render.ts'
import { renderWithRefunds } from '../view/render-with-refunds.ts'
import { findReversalRequest } from './reverse.sql.ts'

export interface ReverseRequest {
  readonly auth: Auth
  readonly operationId: string
  readonly paymentId: string
  readonly reason: string | null
  readonly ifMatch: string | null
  readonly idempotency: IdempotencyKey | null
  readonly now: Timestamp
}

/**
 * Cancels a payment if it still can be, else refunds what is left. The row is locked first, so the
 * decision and what follows from it are one: nothing can move the payment in between. While it is
 * processing the reversal is taken down and carried out by `carryOutReversal`.
 */
export async function reversePayment(db: Db, request: ReverseRequest): Promise<Reply> {
  const { auth, paymentId: id } = request
  if (!isId('payment', id)) return paymentNotFound(id)
  return await once(db, request, async (tx) => {
    const row = await lockPayment(tx, { account: auth, id })
    if (!row) return paymentNotFound(id)
    if (!isAllowed('reverse', row.status)) return notReversible(id, row.status)
    if (isStale(request.ifMatch, row.sequence)) return preconditionFailed(row)
    if (isAllowed('cancel', row.status)) return await cancel(tx, request)
    if (isAllowed('refund', row.status)) return await refund(tx, row, request)
    return await takeDown(tx, row, request)
  })
}

/**
 * Carries out the reversal that was taken down while a payment was processing, if there is one. To
 * be called in the transaction that decides the payment, with its row as it is after that; returns
 * the row as it is in the end. A payment that failed took no money, so nothing is left to do.
 */
export async function carryOutReversal(
  tx: Tx,
  row: PaymentRow,
  now: Timestamp,
): Promise<PaymentRow> {
  if (!isAllowed('refund', row.status)) return row
  const request = await findReversalRequest(tx, row)
  if (!request) return row
  return await recordRefund(tx, {
    row,
    amountMinor: leftToRefund(row),
    reason: request.reason,
    metadata: {},
    actor: { type: 'api_key', id: request.actor_id },
    now,
  })
}

async function cancel(tx: Tx, request: ReverseRequest): Promise<Reply> {
  const { auth, paymentId, reason, now } = request
  const reply = await cancelInTransaction(tx, {
    merchantId: auth.merchantId,
    livemode: auth.livemode,
    paymentId,
    reason,
    actorType: 'api_key',
    actorId: auth.keyId,
    now,
  })
  if (reply.refusal) throw new Error('a locked payment that can be canceled was not canceled')
  return { ...reply, body: reversed(reply.body as Payment, 'canceled') }
}

async function refund(tx: Tx, row: PaymentRow, request: ReverseRequest): Promise<Answer> {
  const { auth, reason, now } = request
  const refunded = await recordRefund(tx, {
    row,
    amountMinor: leftToRefund(row),
    reason,
    metadata: {},
    actor: { type: 'api_key', id: auth.keyId },
    now,
  })
  return await answerWith(tx, { auth, row: refunded, status: 200, reversal: 'refunded' })
}

async function takeDown(tx: Tx, row: PaymentRow, request: ReverseRequest): Promise<Answer> {
  const { auth, reason, now } = request
  // Asked for twice is asked for once: the first request's reason stands.
  const isKnown = (await findReversalRequest(tx, row)) !== undefined
  const noted = isKnown
    ? row
    : await movePayment(tx, {
        row,
        type: 'payment.reversal_requested',
        change: {},
        guard: sql`status = ${row.status}`,
        actor: { type: 'api_key', id: auth.keyId },
        reason,
        now,
      })
  return await answerWith(tx, { auth, row: noted, status: 202, reversal: 'pending' })
}

async function answerWith(
  tx: Tx,
  given: { auth: Auth; row: PaymentRow; status: number; reversal: Reversal },
): Promise<Answer> {
  const payment = await renderWithRefunds(tx, given.auth, given.row)
  return answer(given.status, reversed(payment, given.reversal), { etag: etagOf(given.row) })
}

function reversed(payment: Payment, reversal: Reversal): ReversedPayment {
  return { ...payment, reversal }
}
