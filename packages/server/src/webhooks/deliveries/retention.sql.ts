import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { firstIdAt } from '../../domain/ids.ts'
import { toTimestamp } from '../../domain/time.ts'

/** Thirty days after its last attempt nobody asks any more why a delivery failed. */
export const deliveryDaysKept = 30

/** Deliveries of one step, each with up to a handful of attempts. */
const droppedPerStep = 500

// Ids begin with the time they were made, so the old ones of an account are the first of its range
// of the key. Accounts are gone through by jumping along the index, as when deliveries are taken.
/**
 * Drops deliveries that have ended, with their attempts, some at a time. One that is pending is
 * kept, however old it is. Returns whether there may be more.
 */
export async function dropOldDeliveries(db: Kysely<Schema>, nowMs: number): Promise<boolean> {
  const before = nowMs - deliveryDaysKept * 86_400_000
  const { rows } = await sql`
    with recursive account as (
      (select merchant_id, livemode from webhook_deliveries order by 1, 2 limit 1)
      union all
      select next.* from account a cross join lateral (
        select merchant_id, livemode from webhook_deliveries
        where (merchant_id, livemode) > (a.merchant_id, a.livemode) order by 1, 2 limit 1
      ) next
    ), old as materialized (
      select o.* from account a cross join lateral (
        select d.merchant_id, d.livemode, d.id from webhook_deliveries d
        where d.merchant_id = a.merchant_id and d.livemode = a.livemode
          and d.id < ${firstIdAt('delivery', before)} and d.status <> 'pending'
          and not exists (
            select from webhook_attempts w
            where w.merchant_id = d.merchant_id and w.livemode = d.livemode
              and w.delivery_id = d.id and w.created_at >= ${toTimestamp(before)}::timestamptz)
        order by d.id limit ${droppedPerStep}
        for update skip locked
      ) o
      limit ${droppedPerStep}
    )
    delete from webhook_deliveries d using old
    where d.merchant_id = old.merchant_id and d.livemode = old.livemode and d.id = old.id
    returning d.id`.execute(db)
  return rows.length === droppedPerStep
}
