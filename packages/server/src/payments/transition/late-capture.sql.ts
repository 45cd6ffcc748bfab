import type { EventType } from '@hedgepayments/contract'
import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import type { Timestamp } from '../../domain/time.ts'
import { stateOf } from '../../events/state.ts'
import { causeOf, type Declaration } from './declaration.ts'
import { timeOfStep } from './move.sql.ts'

const type = 'payment.late_capture_refunded'

/** The reason of the refund, and of its event. */
export function lateCaptureReason({ status }: PaymentRow): string {
  return status === 'failed' ? 'captured_after_failure' : 'captured_after_cancel'
}

/** A payment that was canceled or has failed. `lockPayment` has locked its row. */
interface FinalPayment {
  readonly row: PaymentRow
  readonly now: Timestamp
}

/**
 * Records in the timeline of a locked payment, which was canceled or has failed, that money was
 * captured later and refunded. A payment gets this event once from the processor, and once more from an
 * operator who refunds by other means because the processor's refunds come back.
 *
 * @param by the operator who declares it; without one, the processor has said so.
 * @returns whether the event is new.
 */
export async function recordLateCapture(
  tx: Db,
  { row, now, by }: FinalPayment & { by?: Declaration },
): Promise<boolean> {
  if (await hasEvent(tx, row, by ? byOperator : sql`true`)) return false
  await insertFinalEvent(tx, { row, now, type, ...causeOf(row, by, lateCaptureReason(row)) })
  return true
}

/** Records that an operator has closed what a payment, which was canceled or has failed, waited for. */
export async function recordFinalResolved(
  tx: Db,
  { row, now, by }: FinalPayment & { by: Declaration },
): Promise<void> {
  await insertFinalEvent(tx, { row, now, type: 'payment.resolved', ...by })
}

/** Whether an operator has declared that the customer has the money of a late capture. */
export async function isDeclaredRefunded(db: Db, row: PaymentRow): Promise<boolean> {
  return await hasEvent(db, row, byOperator)
}

const byOperator = sql`actor_type = 'api_key'`

async function hasEvent(db: Db, row: PaymentRow, by: RawBuilder<unknown>): Promise<boolean> {
  const { rows } = await sql`
    select from events where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and subject_id = ${row.id} and type = ${type} and ${by}`.execute(db)
  return rows.length > 0
}

/** An event that changes nothing that the API shows of the payment, because it is final. */
async function insertFinalEvent(
  tx: Db,
  event: FinalPayment & {
    type: EventType
    actor: { readonly type: string; readonly id: string | null }
    reason: string | null
  },
): Promise<void> {
  const { row, now, actor } = event
  const at = await timeOfStep(tx, { row, now, isFinal: true })
  const state = { ...stateOf(row), updated_at: row.updated_at }
  const { numAffectedRows } = await sql`
    update payments set sequence = sequence + 1
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode} and id = ${row.id}
      and sequence = ${row.sequence}`.execute(tx)
  if (numAffectedRows !== 1n)
    throw new Error(`payment ${row.id} has changed although it was locked`)
  // A statement of its own: a cluster would give the position on the worker if it read the update.
  await sql`
    insert into events (merchant_id, livemode, subject_id, sequence, type, created_at, actor_type,
      actor_id, from_status, to_status, reason, state)
    values (${row.merchant_id}, ${row.livemode}, ${row.id}, ${row.sequence + 1}, ${event.type},
      ${at}::timestamptz, ${actor.type}, ${actor.id}, ${row.status}, ${row.status},
      ${event.reason}, ${JSON.stringify(state)}::jsonb)`.execute(tx)
}
