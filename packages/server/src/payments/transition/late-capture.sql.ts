import { type Kysely, sql } from 'kysely'
import type { PaymentRow, Schema } from '../../database/schema.ts'
import type { Timestamp } from '../../domain/time.ts'
import { stateOf } from '../../events/state.ts'

const type = 'payment.late_capture_refunded'

/** Why money of a payment that was canceled or has failed goes back. */
export function lateCaptureReason({ status }: PaymentRow): string {
  return status === 'failed' ? 'captured_after_failure' : 'captured_after_cancel'
}

/**
 * Notes in the timeline of a payment that was canceled or has failed, which is locked, that money
 * was taken later and went back: once, and without a change to anything that is shown of the
 * payment, which is final. `false`: it was noted before.
 */
export async function noteLateCapture(
  tx: Kysely<Schema>,
  { row, now }: { row: PaymentRow; now: Timestamp },
): Promise<boolean> {
  const state = { ...stateOf(row), updated_at: row.updated_at }
  const { rows } = await sql`
    with noted as (
      update payments set sequence = sequence + 1
      where merchant_id = ${row.merchant_id} and livemode = ${row.livemode} and id = ${row.id}
        and sequence = ${row.sequence} and not exists (
          select from events where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
            and subject_id = ${row.id} and type = ${type})
      returning *
    )
    insert into events (merchant_id, livemode, subject_id, sequence, type, created_at, actor_type,
      actor_id, from_status, to_status, reason, state)
    select merchant_id, livemode, id, sequence, ${type},
      greatest(${now}::timestamptz, updated_at), 'processor', processor, status, status,
      ${lateCaptureReason(row)}, ${JSON.stringify(state)}::jsonb
    from noted
    returning sequence`.execute(tx)
  return rows.length > 0
}
