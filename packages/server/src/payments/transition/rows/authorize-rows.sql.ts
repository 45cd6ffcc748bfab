import { type RawBuilder, sql } from 'kysely'
import { statusesBefore } from '../../../domain/lifecycle.ts'

/**
 * The CTEs by which payments become `initiated`: `moved` takes the step, and `moved_events` writes one event per row.
 *
 * The statement defines the CTE `standing`, with one row per locked payment: `n`, `merchant_id`, `livemode`,
 * `payment_id`, `sequence` (before the step), `at` (the time of the step), `cancelable_until`,
 * `authorization_expires_at`, `details`, `reference`, `actor_type`, `actor_id` and `state` (`events/state.ts`).
 *
 * @param onNode a condition on the payments `p` (`database/cluster/cluster.ts`).
 * @returns an SQL fragment. `moved` has `n` and all columns of the moved payments.
 */
export function authorizeRows(onNode: RawBuilder<unknown>) {
  return sql`moved as (
      update payments p
      set status = 'initiated', sequence = p.sequence + 1, updated_at = s.at,
        cancelable_until = s.cancelable_until, authorization_expires_at = s.authorization_expires_at,
        payment_method_details = s.details, processor_reference = s.reference, next_action_url = null
      from standing s
      where p.merchant_id = s.merchant_id and p.livemode = s.livemode and p.id = s.payment_id
        and p.status = any(${statusesBefore('initiated')}::text[]) and p.sequence = s.sequence ${onNode}
      returning s.n, p.*
    ), moved_events as (
      insert into events (merchant_id, livemode, subject_id, sequence, type, created_at, actor_type,
        actor_id, from_status, to_status, state)
      select m.merchant_id, m.livemode, m.id, m.sequence, 'payment.initiated', m.updated_at,
        s.actor_type, s.actor_id, 'pending', m.status, s.state::jsonb
      from moved m join standing s on s.n = m.n order by m.n
    )`
}
