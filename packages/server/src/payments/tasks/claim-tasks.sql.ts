import { sql } from 'kysely'
import { isCluster } from '../../database/cluster/cluster.ts'
import type { Db } from '../../database/db.ts'
import { readInIndexOrder } from '../../database/statements/index-order.ts'
import { claimFor, isFree, isServedHere } from '../../jobs/lease.sql.ts'
import { claimInCluster } from './claim-in-cluster.sql.ts'
import type { ClaimedTask } from './claimed-tasks.sql.ts'
import { isNotSkipped, type TaskClaimRequest, withinShares } from './task-shares.sql.ts'

/**
 * Claims due tasks for `leaseSeconds`. Until the lease ends, other workers skip them. A worker that
 * dies loses its leases, and others claim its tasks. Where a merchant's test clock is ahead, tasks are
 * due by that clock.
 *
 * All times are by the database's clock. By the clock of a process that is hours ahead, open undo
 * windows would end, and its leases would last for hours.
 *
 * With `shares`, each account gets at most its share of the tasks that are due first. `skip` finds the
 * tasks of other accounts behind those of saturated accounts. It reads all due tasks of the saturated
 * accounts: 23 ms for a backlog of 20,000, 1 ms without `skip`.
 */
export async function claimTasks(db: Db, claim: TaskClaimRequest): Promise<ClaimedTask[]> {
  if (claim.limit <= 0) return []
  if (isCluster(db)) return await claimInCluster(db, claim)
  // Two reads, each of the start of a range of the index on kind and due_at. The second one is for the
  // few merchants with a test clock. Rejected:
  // - a join of all tasks with the clocks: it reads all tasks;
  // - one condition for several kinds: the planner sorts all due tasks;
  // - `kind = … and due_at <= …`: where one kind has a backlog, the planner takes the index on due_at
  //   alone, and reads the whole backlog for each other kind. The comparison of rows allows one index
  //   only.
  const kinds = sql`unnest(${claim.kinds}::text[]) as k (kind)`
  const isOpen = sql`${isFree('t')} and ${isServedHere('t')}
    ${claim.skip ? isNotSkipped(claim.skip) : sql``}`
  const columns = sql`t.merchant_id, t.livemode, t.payment_id, t.kind`
  return await db.transaction().execute(async (tx) => {
    await readInIndexOrder(tx)
    const { rows } = await sql<ClaimedTask>`
    with due as (
      (select ${columns}, t.due_at from ${kinds} cross join lateral (
          select * from payment_tasks t
          where (t.kind, t.due_at) >= (k.kind, '-infinity') and (t.kind, t.due_at) <= (k.kind, now())
            and ${isOpen}
          order by t.kind, t.due_at limit ${claim.limit}
        ) t)
      union all
      (select ${columns}, t.due_at from test_clocks c cross join ${kinds} cross join lateral (
          select * from payment_tasks t
          where (t.kind, t.due_at) > (k.kind, now())
            and (t.kind, t.due_at) <= (k.kind, now() + make_interval(secs => c.offset_seconds))
            and t.merchant_id = c.merchant_id and not t.livemode and ${isOpen}
          order by t.kind, t.due_at limit ${claim.limit}
        ) t
        where c.offset_seconds > 0)
    ), allowed as (
      ${claim.shares ? withinShares(claim.shares) : sql`select * from due`}
    ), taken as materialized (
      select ${columns} from (select * from allowed order by due_at, payment_id) d
        cross join lateral (
          select * from payment_tasks t
          where t.merchant_id = d.merchant_id and t.livemode = d.livemode
            and t.payment_id = d.payment_id and t.kind = d.kind
            and ${isFree('t')}
          for update skip locked
        ) t
      limit ${claim.limit}
    )
    update payment_tasks t
    set ${claimFor(claim.leaseSeconds)}, planned_again = false
    from taken left join test_clocks c
      on c.merchant_id = taken.merchant_id and not taken.livemode
    where t.merchant_id = taken.merchant_id and t.livemode = taken.livemode
      and t.payment_id = taken.payment_id and t.kind = taken.kind
    returning ${columns}, t.due_at, t.lease, t.failures, t.waiting_since, t.failing_since,
      t.attention, t.attention_since,
      extract(epoch from now() - t.since)::integer as age_seconds,
      coalesce(c.offset_seconds, 0)::integer as offset_seconds,
      date_trunc('second', now()) as taken_at`.execute(tx)
    return rows
  })
}
