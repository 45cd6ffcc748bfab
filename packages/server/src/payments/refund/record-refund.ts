import type { RefundId } from '@hedgepayments/contract'
import { sql } from 'kysely'
import type { Tx } from '../../database/db.ts'
import type { PaymentRow, RefundRow } from '../../database/schema.ts'
import { newId } from '../../domain/ids.ts'
import { statusesBefore, statusOfRefunded } from '../../domain/lifecycle.ts'
import type { Timestamp } from '../../domain/time.ts'
import { postRefund } from '../../ledger/post.ts'
import type { RefundState } from '../../processors/interface/results.ts'
import { requestTask } from '../tasks/tasks.sql.ts'
import { movePayment } from '../transition/move.sql.ts'
import { recordRefundAnswer } from './record-refund-answer.ts'
import { insertRefund } from './refunds.sql.ts'

/** The amount of a payment that can still be refunded, in minor units. */
export function leftToRefund(row: PaymentRow): number {
  return row.captured_amount - row.refunded_amount
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
  const { row: moved } = await insert(tx, { ...refund, reference: null })
  await requestTask(tx, { row: moved, kind: 'refund', afterSeconds: 0 })
  return moved
}

/**
 * Records a refund that a person made at the processor, of a locked payment with at least its amount left.
 *
 * @returns the payment's row after the step.
 */
export async function recordForeignRefund(
  tx: Tx,
  { row, found, now }: { row: PaymentRow; found: RefundState; now: Timestamp },
): Promise<PaymentRow> {
  const inserted = await insert(tx, {
    row,
    amountMinor: found.amountMinor,
    reason: null,
    metadata: {},
    actor: { type: 'processor', id: row.processor },
    reference: found.reference,
    now,
  })
  if (found.status === 'pending') return inserted.row
  const answer = { outcome: 'refunded', reference: found.reference } as const
  return await recordRefundAnswer(tx, { ...inserted, answer, now })
}

/** A refund to insert, of a locked payment. */
interface NewRefund {
  readonly row: PaymentRow
  readonly amountMinor: number
  readonly reason: string | null
  readonly metadata: Record<string, string>
  readonly actor: { readonly type: RefundRow['actor_type']; readonly id: string | null }
  /** The processor's id of the refund; `null`: not sent yet. */
  readonly reference: string | null
  readonly now: Timestamp
}

async function insert(tx: Tx, given: NewRefund): Promise<{ row: PaymentRow; refund: RefundRow }> {
  const { row, amountMinor } = given
  const refundedMinor = row.refunded_amount + amountMinor
  const moved = await movePayment(tx, {
    row,
    event: 'payment.refunded',
    change: {
      status: statusOfRefunded({ capturedMinor: row.captured_amount, refundedMinor }),
      refunded_amount: refundedMinor,
      refund_count: row.refund_count + 1,
    },
    // Repeated here, so that no mistake of a caller can refund too much.
    guard: sql`status = any(${statusesBefore('refunded')}::text[])
      and refunded_amount + ${amountMinor}::integer <= captured_amount`,
    actor: given.actor,
    reason: given.reason,
    now: given.now,
  })
  const refund = rowOf(moved, given)
  await insertRefund(tx, refund)
  await postRefund(tx, moved, amountMinor)
  return { row: moved, refund }
}

function rowOf(moved: PaymentRow, given: NewRefund): RefundRow {
  return {
    merchant_id: moved.merchant_id,
    livemode: moved.livemode,
    payment_id: moved.id,
    id: newId<RefundId>('refund'),
    amount: given.amountMinor,
    currency: moved.currency,
    status: 'pending',
    actor_type: given.actor.type,
    actor_id: given.actor.id,
    reason: given.reason,
    metadata: given.metadata,
    failure_code: null,
    failure_message: null,
    processor_reference: given.reference,
    attempts: 0,
    requested_sequence: moved.sequence,
    answered_sequence: null,
    returned_sequence: null,
    created_at: moved.updated_at,
    updated_at: moved.updated_at,
  }
}
