import { type RawBuilder, sql } from 'kysely'
import { statusesBefore } from '../../../domain/lifecycle.ts'

/**
 * The CTEs by which payments pass the point of no return. `moved` takes those whose undo window has
 * ended from `initiated` to `processing`, `moved_events` writes one event per row, and
 * `moved_captures` plans the capture.
 *
 * The statement defines the CTE `locked`, with one row per locked payment: `merchant_id`,
 * `livemode`, `payment_id`, `seen_status`, `now` (the merchant's time) and `at` (`now`, but not
 * before the payment's last change).
 *
 * @param onNode a condition on the payments `p` (`database/cluster/cluster.ts`).
 * @returns an SQL fragment. `moved` has all columns of the moved payments.
 */
export function processRows(onNode: RawBuilder<unknown>) {
  return sql`moved as (
      update payments p
      set status = 'processing', sequence = p.sequence + 1, updated_at = l.at
      from locked l
      where p.merchant_id = l.merchant_id and p.livemode = l.livemode and p.id = l.payment_id
        and p.status = any(${statusesBefore('processing')}::text[])
        and p.capture_method = 'automatic' and p.cancelable_until <= l.now ${onNode}
      returning p.*, l.seen_status, l.now
    ), moved_events as (
      insert into events (merchant_id, livemode, subject_id, sequence, type, created_at,
        actor_type, from_status, to_status, state)
      select merchant_id, livemode, id, sequence, 'payment.processing', updated_at, 'system',
        seen_status, status, jsonb_strip_nulls(jsonb_build_object('status', status,
          'cancelable_until', ${formatted('cancelable_until')},
          'authorization_expires_at', ${formatted('authorization_expires_at')}))
          -- Apart, because unknown details are null.
          || case when payment_method_details is null then '{}'::jsonb
            else jsonb_build_object('payment_method_details', payment_method_details) end
      from moved order by merchant_id, livemode, id
    ), moved_captures as (
      insert into payment_tasks (merchant_id, livemode, payment_id, kind, due_at,
        waiting_since)
      select merchant_id, livemode, id, 'capture', now, now from moved
      on conflict do nothing
    )`
}

/** A time as the API writes it. */
function formatted(column: 'cancelable_until' | 'authorization_expires_at') {
  return sql`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`
}
