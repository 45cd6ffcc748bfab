import { isId, type PaymentRefund, type RefundId } from '@hedgepayments/contract'
import { sql } from 'kysely'
import type { Db, Tx } from '../../database/db.ts'
import type { PaymentRow, RefundRow } from '../../database/schema.ts'
import { newId } from '../../domain/ids.ts'
import { isAllowed, statusesBefore, statusOfRefunded } from '../../domain/lifecycle.ts'
import type { Timestamp } from '../../domain/time.ts'
import { answer, type Reply } from '../../http/answers/answer.ts'
import { type Refusal, refuseField } from '../../http/answers/refusal.ts'
import type { Auth } from '../../http/request/auth.ts'
import type { IdempotencyKey } from '../../http/request/idempotency-key.ts'
import { once } from '../../idempotency/once.ts'
import { postRefund } from '../../ledger/post.ts'
import { requestTask } from '../tasks/tasks.sql.ts'
import { isStale } from '../transition/if-match.ts'
import { lockPayment, movePayment } from '../transition/move.sql.ts'
import { type KnownRules, refusePart } from '../transition/processor-rules.ts'
import {
  notRefundable,
  paymentNotFound,
  preconditionFailed,
  refundExceeds,
} from '../transition/refusals.ts'
import { findRefunds } from '../view/refunds.sql.ts'
import { etagOf } from '../view/render.ts'
import { renderWithRefunds } from '../view/render-with-refunds.ts'
import { insertRefund } from './refunds.sql.ts'

/** A request to refund a payment, or a part of it. */
export interface RefundRequest {
  readonly auth: Auth
  readonly operationId: string
  readonly paymentId: string
  readonly body: PaymentRefund
  readonly ifMatch: string | null
  readonly idempotency: IdempotencyKey | null
  readonly now: Timestamp
  readonly processors: KnownRules
}

/**
 * Refunds of one payment, without failed ones. Every answer shows all refunds of a payment, so their
 * number is limited. The last one must refund all that is left.
 */
const refundsMax = 100

/**
 * Refunds a payment, or refuses to. The amount is reserved and recorded in one transaction. The worker
 * sends the refund to the processor. Source: `refundPayment` in the contract.
 */
export async function refundPayment(db: Db, request: RefundRequest): Promise<Reply> {
  const { auth, paymentId: id, body, now } = request
  if (!isId('payment', id)) return paymentNotFound(id)
  return await once(db, request, async (tx) => {
    const row = await lockPayment(tx, { account: auth, id })
    if (!row) return paymentNotFound(id)
    const refusal = await refuseRefund(tx, row, request)
    if (refusal) return refusal
    const refunded = await recordRefund(tx, {
      row,
      amountMinor: body.amount ?? leftToRefund(row),
      reason: body.reason ?? null,
      metadata: body.metadata ?? {},
      actor: { type: 'api_key', id: auth.keyId },
      now,
    })
    const payment = await renderWithRefunds(tx, auth, refunded)
    return answer(200, payment, { etag: etagOf(refunded) })
  })
}

/** The amount of a payment that can still be refunded, in minor units. */
export function leftToRefund(row: PaymentRow): number {
  return row.captured_amount - row.refunded_amount
}

async function refuseRefund(
  tx: Tx,
  row: PaymentRow,
  { auth, body, ifMatch, processors }: RefundRequest,
): Promise<Refusal | null> {
  if (!isAllowed('refund', row.status)) return notRefundable(row.id, row.status)
  if (isStale(ifMatch, row.sequence)) return preconditionFailed(row)
  const requestedMinor = body.amount
  if (requestedMinor === undefined) return null
  const leftMinor = leftToRefund(row)
  if (requestedMinor > leftMinor) return refundExceeds(row, requestedMinor)
  const refusal = refusePart(processors, row, requestedMinor)
  if (refusal) return refusal
  // `refund_count` counts failed refunds too. Only for the few payments near the limit, read them all.
  if (requestedMinor === leftMinor || row.refund_count < refundsMax - 1) return null
  const refunds = await findRefunds(tx, { account: auth, paymentId: row.id })
  if (refunds.filter(({ status }) => status !== 'failed').length < refundsMax - 1) return null
  return refuseField(
    'amount',
    requestedMinor,
    `${leftMinor}, all that is left: refund ${refundsMax} of a payment must be its last`,
  )
}

/**
 * Records a refund of a locked payment that may be refunded: the payment's step and event, the refund,
 * the ledger transfer and the worker's task, all in this transaction.
 *
 * @returns the payment's row after the step.
 */
export async function recordRefund(
  tx: Tx,
  refund: {
    row: PaymentRow
    amountMinor: number
    reason: string | null
    metadata: Record<string, string>
    actor: { type: 'api_key' | 'system'; id: string | null }
    now: Timestamp
  },
): Promise<PaymentRow> {
  const { row, amountMinor } = refund
  const refundedMinor = row.refunded_amount + amountMinor
  const moved = await movePayment(tx, {
    row,
    event: 'payment.refunded',
    change: {
      status: statusOfRefunded({ capturedMinor: row.captured_amount, refundedMinor }),
      refunded_amount: refundedMinor,
      refund_count: row.refund_count + 1,
    },
    // Repeated here, so that no mistake above can refund too much.
    guard: sql`status = any(${statusesBefore('refunded')}::text[])
      and refunded_amount + ${amountMinor}::integer <= captured_amount`,
    actor: refund.actor,
    reason: refund.reason,
    now: refund.now,
  })
  await insertRefund(tx, newRefund(moved, refund))
  await postRefund(tx, moved, amountMinor)
  await requestTask(tx, { row: moved, kind: 'refund', afterSeconds: 0 })
  return moved
}

function newRefund(
  moved: PaymentRow,
  refund: { amountMinor: number; reason: string | null; metadata: Record<string, string> },
): RefundRow {
  return {
    merchant_id: moved.merchant_id,
    livemode: moved.livemode,
    payment_id: moved.id,
    id: newId<RefundId>('refund'),
    amount: refund.amountMinor,
    currency: moved.currency,
    status: 'pending',
    reason: refund.reason,
    metadata: refund.metadata,
    failure_code: null,
    failure_message: null,
    processor_reference: null,
    attempts: 0,
    requested_sequence: moved.sequence,
    answered_sequence: null,
    returned_sequence: null,
    created_at: moved.updated_at,
    updated_at: moved.updated_at,
  }
}
