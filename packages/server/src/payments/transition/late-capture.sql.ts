import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import type { Timestamp } from '../../domain/time.ts'
import { stateOf } from '../../events/state.ts'

const type = 'payment.late_capture_refunded'

/** The reason of the refund, and of its event. */
export function lateCaptureReason({ status }: PaymentRow): string {
  return status === 'failed' ? 'captured_after_failure' : 'captured_after_cancel'
}

/**
 * Records in the timeline of a locked payment, which was canceled or has failed, that money was
 * captured later and refunded. A payment gets this event once. Nothing that the API shows of the
 * payment changes, because it is final.
 *
 * @returns whether the event is new.
 */
export async function recordLateCapture(
  tx: Db,
  { row, now }: { row: PaymentRow; now: Timestamp },
): Promise<boolean> {
  const state = { ...stateOf(row), updated_at: row.updated_at }
  const { rows } = await sql`
    with counted as (
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
    from counted
    returning sequence`.execute(tx)
  return rows.length > 0
}
