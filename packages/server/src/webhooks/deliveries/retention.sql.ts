import { sql } from 'kysely'
import { isCluster } from '../../database/cluster/cluster.ts'
import type { Db } from '../../database/db.ts'
import { groupByAccount } from '../../domain/account.ts'
import { firstIdAt } from '../../domain/ids.ts'
import { toTimestamp } from '../../domain/time.ts'
import { isServedHere } from '../../jobs/lease.sql.ts'

/** Days that a delivery is kept after its last attempt: long enough to find out why it failed. */
export const deliveryDaysKept = 30

/** Deliveries that one step deletes, each with a few attempts. */
const deletedPerStep = 500

// Ids begin with the time of their creation, so the oldest deliveries of an account are the first of
// its range of the key. The statement jumps along the index from account to account, as a claim does.
/**
 * Deletes some deliveries that ended long ago, with their attempts. A pending delivery is kept,
 * however old it is. Returns whether more may be left.
 */
export async function deleteOldDeliveries(db: Db, nowMs: number): Promise<boolean> {
  const before = nowMs - deliveryDaysKept * 86_400_000
  if (isCluster(db)) return await deleteInCluster(db, before)
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
          and ${isServedHere('d')}
          and not exists (
            select from webhook_attempts w
            where w.merchant_id = d.merchant_id and w.livemode = d.livemode
              and w.delivery_id = d.id and w.created_at >= ${toTimestamp(before)}::timestamptz)
        order by d.id limit ${deletedPerStep}
        for update skip locked
      ) o
      limit ${deletedPerStep}
    )
    delete from webhook_deliveries d using old
    where d.merchant_id = old.merchant_id and d.livemode = old.livemode and d.id = old.id
    returning d.id`.execute(db)
  return rows.length === deletedPerStep
}

/**
 * The same in a cluster: it finds the deliveries on all nodes without a lock, and locks and deletes those of each
 * account by themselves. Each node reads the range of the old ids of each of its accounts, which have an endpoint.
 */
async function deleteInCluster(db: Db, before: number): Promise<boolean> {
  const { rows } = await sql<{ merchant_id: string; livemode: boolean; id: string }>`
    select d.merchant_id, d.livemode, d.id from webhook_deliveries d
      join (select distinct merchant_id, livemode from webhook_endpoints) a
        on a.merchant_id = d.merchant_id and a.livemode = d.livemode
    where d.id < ${firstIdAt('delivery', before)} and d.status <> 'pending'
      and not exists (
        select 1 from webhook_attempts w
        where w.merchant_id = d.merchant_id and w.livemode = d.livemode
          and w.delivery_id = d.id and w.created_at >= ${toTimestamp(before)}::timestamptz)
    limit ${deletedPerStep}`.execute(db)
  let deleted = 0
  for (const [{ merchantId, livemode }, deliveries] of groupByAccount(rows)) {
    const { rows: locked } = await sql`
      delete from webhook_deliveries where merchant_id = ${merchantId} and livemode = ${livemode}
        and id = any(array(
          select id from webhook_deliveries
          where merchant_id = ${merchantId} and livemode = ${livemode}
            and id = any(${deliveries.map(({ id }) => id)}::text[]) and status <> 'pending'
          order by id for update skip locked))
      returning id`.execute(db)
    deleted += locked.length
  }
  // Where all rows that were found are locked, the next step would find the same.
  return rows.length === deletedPerStep && deleted > 0
}
