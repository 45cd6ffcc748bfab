import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { TaskKind } from '../../database/task-rows.ts'
import { type Account, groupByAccount } from '../../domain/account.ts'
import { claimFor, isFree } from '../../jobs/lease.sql.ts'
import type { ClaimedTask } from './claimed-tasks.sql.ts'
import { isNotSkipped, type TaskClaimRequest, withinShares } from './task-shares.sql.ts'

/** The key of a due task. */
interface DueKey {
  merchant_id: string
  livemode: boolean
  payment_id: string
  kind: TaskKind
}

/**
 * Claims due tasks in a cluster, where no statement locks rows of several nodes: it reads the due tasks
 * of all nodes without a lock, and then claims those of each account by themselves. A task that another
 * process has claimed meanwhile is not free any more, and is left out.
 */
export async function claimInCluster(db: Db, claim: TaskClaimRequest): Promise<ClaimedTask[]> {
  const claimed: ClaimedTask[] = []
  for (const [account, tasks] of groupByAccount(await findDue(db, claim))) {
    claimed.push(...(await claimOfAccount(db, { account, tasks, seconds: claim.leaseSeconds })))
  }
  return claimed
}

/** The due tasks of all accounts within their shares, the earliest first. */
async function findDue(db: Db, claim: TaskClaimRequest): Promise<DueKey[]> {
  const isOpen = sql`${isFree('t')} ${claim.skip ? isNotSkipped(claim.skip) : sql``}`
  const dueOf = (kind: TaskKind, from: RawBuilder<unknown>, isDue: RawBuilder<unknown>) => sql`
      (select t.merchant_id, t.livemode, t.payment_id, t.kind, t.due_at from ${from}
        where t.kind = ${kind} and ${isDue} and ${isOpen}
        order by t.due_at limit ${claim.limit})`
  const reads = claim.kinds.flatMap((kind) => [
    dueOf(kind, sql`payment_tasks t`, sql`t.due_at <= now()`),
    dueOf(
      kind,
      sql`payment_tasks t join test_clocks c on c.merchant_id = t.merchant_id`,
      sql`not t.livemode and c.offset_seconds > 0 and t.due_at > now()
        and t.due_at <= now() + make_interval(secs => c.offset_seconds)`,
    ),
  ])
  const { rows } = await sql<DueKey>`
    with due as materialized (${sql.join(reads, sql` union all `)}),
    allowed as (${claim.shares ? withinShares(claim.shares) : sql`select * from due`})
    select merchant_id, livemode, payment_id, kind from allowed
    order by due_at, payment_id limit ${claim.limit}`.execute(db)
  return rows
}

async function claimOfAccount(
  db: Db,
  { account, tasks, seconds }: { account: Account; tasks: readonly DueKey[]; seconds: number },
): Promise<ClaimedTask[]> {
  const { merchantId, livemode } = account
  const { rows } = await sql<ClaimedTask>`
    with claimed as (
      update payment_tasks t set ${claimFor(seconds)}, planned_again = false
      from (
        select payment_id, kind from payment_tasks t
        where t.merchant_id = ${merchantId} and t.livemode = ${livemode}
          and (t.payment_id, t.kind) in (
            select * from unnest(${tasks.map((task) => task.payment_id)}::text[],
              ${tasks.map((task) => task.kind)}::text[]))
          and ${isFree('t')}
        for update skip locked
      ) taken
      where t.merchant_id = ${merchantId} and t.livemode = ${livemode}
        and t.payment_id = taken.payment_id and t.kind = taken.kind
      returning t.merchant_id, t.livemode, t.payment_id, t.kind, t.due_at, t.lease, t.failures,
        t.waiting_since, t.failing_since, t.attention, t.attention_since, t.since
    )
    select t.*, extract(epoch from now() - t.since)::integer as age_seconds,
      coalesce((select offset_seconds from test_clocks
        where merchant_id = ${merchantId} and not ${livemode}::boolean), 0)::integer as offset_seconds,
      date_trunc('second', now()) as taken_at
    from claimed t`.execute(db)
  return rows
}
