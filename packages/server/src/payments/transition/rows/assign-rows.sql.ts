import { type RawBuilder, sql } from 'kysely'

/**
 * The CTE by which payments are assigned to their processor, as `assignProcessor` does for one. The statement defines
 * the CTE `attempted`, with one row per locked payment: `n`, `merchant_id`, `livemode`, `payment_id`, `processor` and
 * `chosen_token`.
 *
 * @param onNode a condition on the payments `p` (`database/cluster/cluster.ts`).
 * @returns an SQL fragment. `assigned` has `n` and all columns of the assigned payments.
 */
export function assignRows(onNode: RawBuilder<unknown>) {
  return sql`assigned as (
      update payments p set processor = a.processor, payment_method_token = a.chosen_token
      from attempted a
      where p.merchant_id = a.merchant_id and p.livemode = a.livemode and p.id = a.payment_id ${onNode}
      returning a.n, p.*
    )`
}
