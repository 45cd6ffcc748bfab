import { isId, type PaymentCapture } from '@hedgepayments/contract'
import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { isAllowed, statusesBefore } from '../../domain/lifecycle.ts'
import type { Timestamp } from '../../domain/time.ts'
import { answer, type Reply } from '../../http/answers/answer.ts'
import { type Refusal, refuse } from '../../http/answers/refusal.ts'
import type { Auth } from '../../http/request/auth.ts'
import type { IdempotencyKey } from '../../http/request/idempotency-key.ts'
import { once } from '../../idempotency/once.ts'
import { dropTask, planTask } from '../tasks/tasks.sql.ts'
import { isStale } from '../transition/if-match.ts'
import { lockPayment } from '../transition/lock-payment.sql.ts'
import { movePayment } from '../transition/move.sql.ts'
import { type KnownRules, refusePart } from '../transition/processor-rules.ts'
import { notCapturable, paymentNotFound, preconditionFailed } from '../transition/refusals.ts'
import { etagOf, renderPayment } from '../view/render.ts'

export interface CaptureRequest {
  readonly auth: Auth
  readonly operationId: string
  readonly paymentId: string
  readonly body: PaymentCapture
  readonly ifMatch: string | null
  readonly idempotency: IdempotencyKey | null
  readonly now: Timestamp
  readonly processors: KnownRules
}

/**
 * Captures a payment, or refuses to. The payment passes the point of no return here, so that of a
 * capture and a cancel exactly one wins. The worker calls the processor.
 */
export async function requestCapture(db: Db, request: CaptureRequest): Promise<Reply> {
  const { auth, paymentId: id, body, now } = request
  if (!isId('payment', id)) return paymentNotFound(id)
  return await once(db, request, async (tx) => {
    const row = await lockPayment(tx, { account: auth, id })
    if (!row) return paymentNotFound(id)
    const refusal = refuseCapture(row, request)
    if (refusal) return refusal
    const moved = await movePayment(tx, {
      row,
      event: 'payment.processing',
      change: { status: 'processing', amount_to_capture: body.amount ?? null },
      guard: sql`status = any(${statusesBefore('processing')}::text[])`,
      actor: { type: 'api_key', id: auth.keyId },
      reason: null,
      now,
    })
    await dropTask(tx, { row, kind: 'process' })
    await dropTask(tx, { row, kind: 'watch' })
    await planTask(tx, { row, kind: 'capture', afterSeconds: 0 })
    return answer(200, renderPayment(moved, []), { etag: etagOf(moved) })
  })
}

function refuseCapture(
  row: PaymentRow,
  { body, ifMatch, processors }: CaptureRequest,
): Refusal | null {
  if (!isAllowed('capture', row.status)) return notCapturable(row.id, row.status)
  if (isStale(ifMatch, row.sequence)) return preconditionFailed(row)
  const { amount } = body
  if (amount === undefined) return null
  if (amount <= row.amount) return refusePart(processors, row, amount)
  const expected = `at most ${row.amount}, the amount of the payment`
  return refuse('invalid_amount', `Invalid amount: expected ${expected}.`, {
    field: 'amount',
    received: String(amount),
    expected,
  })
}
