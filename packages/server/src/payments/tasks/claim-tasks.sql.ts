import { type Kysely, sql } from 'kysely'
import { readInIndexOrder } from '../../database/index-order.ts'
import type { Schema } from '../../database/schema.ts'
import type { TaskKind } from '../../database/task-rows.ts'
import { isFree, leaseEnd } from '../../jobs/lease.sql.ts'
import { newLease } from '../../jobs/lease.ts'
import type { ClaimedTask } from './claimed-tasks.sql.ts'

type Db = Kysely<Schema>

/** How much of a process's room each merchant and mode may have. */
export interface Shares {
  readonly perAccount: number
  /** How many more of test mode there may be, of all merchants. */
  readonly testLeft: number
  /** Whose tasks are being worked on: as many rows as the process has room for, at most. */
  readonly taken: readonly {
    readonly merchantId: string
    readonly livemode: boolean
    readonly count: number
  }[]
}

/** Whose tasks are not wanted now: they have had their share. */
export interface PassedOver {
  readonly accounts: readonly { readonly merchantId: string; readonly livemode: boolean }[]
  readonly isTest: boolean
}

/**
 * Claims due tasks for `leaseSeconds`; other workers skip them meanwhile. Tasks of merchants whose
 * test clock is ahead are due by that clock. When a worker dies, its leases end and others claim.
 *
 * All times are by the database's clock. By the clock of a process that is hours ahead, undo windows
 * would have ended that are open, and its leases would keep others away for as long.
 *
 * With `shares`, a merchant and mode gets no more than its share of what is due first. What others
 * have waiting behind is found by `passedOver`, which reads all that is due of those it names: it
 * took 23 ms of a backlog of 20,000, against one otherwise.
 */
export async function claimTasks(
  db: Db,
  claim: {
    kinds: readonly TaskKind[]
    limit: number
    leaseSeconds: number
    shares?: Shares
    passedOver?: PassedOver
  },
): Promise<ClaimedTask[]> {
  if (claim.limit <= 0) return []
  // Two reads, each of which is the start of a range of the index on kind and due_at: the second one
  // is for the few merchants with a clock of their own. A join of all tasks with the clocks would
  // read them all; and asked for several kinds at once, the planner sorts all that are due of them.
  // Asked for `kind = … and due_at <= …`, it takes the index on due_at alone where one kind has a
  // backlog, and reads all of that for each of the others: only one index has rows in this order.
  const kinds = sql`unnest(${claim.kinds}::text[]) as k (kind)`
  const isOpen = sql`${isFree('t')} ${claim.passedOver ? isWanted(claim.passedOver) : sql``}`
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
    set lease = ${newLease()}, leased_until = ${leaseEnd(claim.leaseSeconds)},
      planned_again = false
    from taken left join test_clocks c
      on c.merchant_id = taken.merchant_id and not taken.livemode
    where t.merchant_id = taken.merchant_id and t.livemode = taken.livemode
      and t.payment_id = taken.payment_id and t.kind = taken.kind
    returning ${columns}, t.due_at, t.lease, t.failures,
      extract(epoch from now() - t.since)::integer as age_seconds,
      coalesce(c.offset_seconds, 0)::integer as offset_seconds,
      date_trunc('second', now()) as taken_at`.execute(tx)
    return rows
  })
}

function isWanted({ accounts, isTest }: PassedOver) {
  const merchantsOf = (livemode: boolean) =>
    accounts.filter((account) => account.livemode === livemode).map(({ merchantId }) => merchantId)
  return sql`and case when t.livemode then t.merchant_id <> all(${merchantsOf(true)}::text[])
      else ${!isTest} and t.merchant_id <> all(${merchantsOf(false)}::text[]) end`
}

/** Of the rows of `due`, the earliest of each merchant and mode, and of test mode. */
function withinShares({ perAccount, testLeft, taken }: Shares) {
  return sql`select d.* from (
        select *,
          row_number() over (partition by merchant_id, livemode order by due_at, payment_id) as nth,
          row_number() over (partition by livemode order by due_at, payment_id) as nth_of_mode
        from due
      ) d
      left join unnest(${taken.map(({ merchantId }) => merchantId)}::text[],
          ${taken.map(({ livemode }) => livemode)}::boolean[],
          ${taken.map(({ count }) => count)}::integer[]) as r (merchant_id, livemode, count)
        on r.merchant_id = d.merchant_id and r.livemode = d.livemode
      where d.nth <= ${perAccount} - coalesce(r.count, 0)
        and (d.livemode or d.nth_of_mode <= ${testLeft})`
}
