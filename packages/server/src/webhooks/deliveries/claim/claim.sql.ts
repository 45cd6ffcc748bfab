import { sql } from 'kysely'
import { isCluster } from '../../../database/cluster/cluster.ts'
import type { Db } from '../../../database/db.ts'
import type { DeliveryRow } from '../../../database/webhook-rows.ts'
import { isServedHere, leaseEnd } from '../../../jobs/lease.sql.ts'
import { newLease } from '../../../jobs/lease.ts'
import { claimInCluster } from './claim-in-cluster.sql.ts'
import { type ClaimLimits, leaseSeconds } from './claim-limits.ts'

/**
 * Claims due deliveries for this process. The statement jumps along the index from one endpoint to
 * the next, and takes from each no more than its limit: it never reads the whole backlog of an
 * endpoint. `nth` counts the attempts of a merchant and mode, those in progress included: merchants
 * with the fewest attempts come first, and none gets more than its share.
 *
 * First attempts keep the order of events: a delivery that was never attempted waits for earlier
 * events of its payment to the same endpoint that were never attempted. A later event does not wait
 * for retries, which may take days; receivers order events by `sequence`.
 */
export async function claimDeliveries(db: Db, request: ClaimLimits): Promise<DeliveryRow[]> {
  if (isCluster(db)) return await claimInCluster(db, request)
  const { endpoints, usage, perLiveAccount, perTestAccount } = request
  const { rows } = await sql<DeliveryRow>`
    with recursive queue as (
      (select merchant_id, livemode, endpoint_id from webhook_deliveries
        where status = 'pending' order by 1, 2, 3 limit 1)
      union all
      select next.* from queue q cross join lateral (
        select merchant_id, livemode, endpoint_id from webhook_deliveries
        where status = 'pending'
          and (merchant_id, livemode, endpoint_id) > (q.merchant_id, q.livemode, q.endpoint_id)
        order by 1, 2, 3 limit 1
      ) next
    ), due as materialized (
      select due.*, coalesce(u.count, 0) + row_number() over (
        partition by q.merchant_id, q.livemode order by due.due_at, due.position) as nth
      from queue q
      left join unnest(${usage.map((u) => u.merchantId)}::text[],
        ${usage.map((u) => u.livemode)}::boolean[],
        ${usage.map((u) => u.count)}::integer[]) as u (merchant_id, livemode, count)
        on u.merchant_id = q.merchant_id and u.livemode = q.livemode
      left join unnest(${endpoints.map((e) => e.endpointId)}::text[],
        ${endpoints.map((e) => e.available)}::integer[]) as e (endpoint_id, available)
        on e.endpoint_id = q.endpoint_id
      cross join lateral (
        select d.merchant_id, d.livemode, d.id, d.due_at, d.position from webhook_deliveries d
        where d.merchant_id = q.merchant_id and d.livemode = q.livemode
          and d.endpoint_id = q.endpoint_id and d.status = 'pending' and d.due_at <= now()
          and (d.attempts > 0 or not exists (
            select from webhook_deliveries earlier
            where earlier.merchant_id = d.merchant_id and earlier.livemode = d.livemode
              and earlier.endpoint_id = d.endpoint_id and earlier.subject_id = d.subject_id
              and earlier.position < d.position
              and earlier.status = 'pending' and earlier.attempts = 0))
        order by d.due_at, d.position
        limit greatest(0, least(coalesce(e.available, ${request.perEndpoint}),
          case when q.livemode then ${perLiveAccount}::integer else ${perTestAccount}::integer end
            - coalesce(u.count, 0)))
        for update skip locked
      ) due
      where ${isServedHere('q')}
    ), ranked as (
      select *, row_number() over (partition by livemode order by nth, due_at, position) as place
      from due
      where nth <= case when livemode then ${perLiveAccount}::integer
        else ${perTestAccount}::integer end
    ), picked as materialized (
      select * from ranked where livemode or place <= ${request.testLimit}
      order by nth, due_at, position limit ${request.limit}
    )
    update webhook_deliveries d
    set lease = ${newLease()}, due_at = ${leaseEnd(leaseSeconds)}, planned_again = false
    from picked p
    where d.merchant_id = p.merchant_id and d.livemode = p.livemode and d.id = p.id
    returning d.*`.execute(db)
  return rows
}
