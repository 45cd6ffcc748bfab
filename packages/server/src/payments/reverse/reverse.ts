import { isId, type Payment, type Reversal, type ReversedPayment } from '@hedgepayments/contract'
import { sql } from 'kysely'
import type { Db, Tx } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { isAllowed } from '../../domain/lifecycle.ts'
import type { Timestamp } from '../../domain/time.ts'
import { type Answer, answer, type Reply } from '../../http/answers/answer.ts'
import type { Auth } from '../../http/request/auth.ts'
import type { IdempotencyKey } from '../../http/request/idempotency-key.ts'
import { once } from '../../idempotency/once.ts'
import { cancelInTransaction } from '../cancel/cancel-in-transaction.ts'
import { leftToRefund, recordRefund } from '../refund/record-refund.ts'
import { isStale } from '../transition/if-match.ts'
import { lockPayment } from '../transition/lock-payment.sql.ts'
import { movePayment } from '../transition/move.sql.ts'
import {
  notReversible,
  paymentNotFound,
  preconditionFailed,
  refuseDisputed,
} from '../transition/refusals.ts'
import { etagOf } from '../view/render.ts'
import { renderWithRefunds } from '../view/render-with-refunds.ts'
import { findReversalRequest } from './reverse.sql.ts'

/** A request to cancel a payment, or to refund it where it is too late to cancel. */
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
 * Cancels a payment if possible, and otherwise refunds the rest. The row is locked first, so nothing
 * can move the payment between the decision and the step. While the payment is `processing`, the
 * reversal is recorded, and `carryOutReversal` carries it out.
 * Source: `reversePayment` in the contract.
 */
export async function reversePayment(db: Db, request: ReverseRequest): Promise<Reply> {
  const { auth, paymentId: id } = request
  if (!isId('payment', id)) return paymentNotFound(id)
  return await once(db, request, async (tx) => {
    const row = await lockPayment(tx, { account: auth, id })
    if (!row) return paymentNotFound(id)
    if (!isAllowed('reverse', row.status)) return notReversible(id, row.status)
    if (row.disputed) return refuseDisputed(row, 'reversed')
    if (isStale(request.ifMatch, row.sequence)) return preconditionFailed(row)
    if (isAllowed('cancel', row.status)) return await cancel(tx, request)
    if (isAllowed('refund', row.status)) return await refund(tx, row, request)
    return await recordRequest(tx, row, request)
  })
}

/**
 * Carries out a reversal that was requested while the payment was `processing`. Call it in the
 * transaction that ends `processing`, with the row after that step. A failed payment has taken no
 * money, so it needs nothing.
 *
 * @returns the row after the refund.
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

async function recordRequest(tx: Tx, row: PaymentRow, request: ReverseRequest): Promise<Answer> {
  const { auth, reason, now } = request
  // A second request changes nothing: the first request's reason is kept.
  const isRequested = (await findReversalRequest(tx, row)) !== undefined
  const requested = isRequested
    ? row
    : await movePayment(tx, {
        row,
        event: 'payment.reversal_requested',
        change: {},
        guard: sql`status = ${row.status}`,
        actor: { type: 'api_key', id: auth.keyId },
        reason,
        now,
      })
  return await answerWith(tx, { auth, row: requested, status: 202, reversal: 'pending' })
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
