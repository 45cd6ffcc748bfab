import { isId, type PaymentRefund } from '@hedgepayments/contract'
import type { Db, Tx } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { isAllowed } from '../../domain/lifecycle.ts'
import type { Timestamp } from '../../domain/time.ts'
import { answer, type Reply } from '../../http/answers/answer.ts'
import { type Refusal, refuseField } from '../../http/answers/refusal.ts'
import type { Auth } from '../../http/request/auth.ts'
import type { IdempotencyKey } from '../../http/request/idempotency-key.ts'
import { once } from '../../idempotency/once.ts'
import { isStale } from '../transition/if-match.ts'
import { lockPayment } from '../transition/lock-payment.sql.ts'
import { type KnownRules, refusePart } from '../transition/processor-rules.ts'
import {
  notRefundable,
  paymentNotFound,
  preconditionFailed,
  refundExceeds,
  refuseDisputed,
} from '../transition/refusals.ts'
import { findRefunds } from '../view/refunds.sql.ts'
import { etagOf } from '../view/render.ts'
import { renderWithRefunds } from '../view/render-with-refunds.ts'
import { leftToRefund, recordRefund } from './record-refund.ts'

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

async function refuseRefund(
  tx: Tx,
  row: PaymentRow,
  { auth, body, ifMatch, processors }: RefundRequest,
): Promise<Refusal | null> {
  if (!isAllowed('refund', row.status)) return notRefundable(row.id, row.status)
  if (row.disputed) return refuseDisputed(row, 'refunded')
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
