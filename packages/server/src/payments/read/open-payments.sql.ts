import { type RawBuilder, sql } from 'kysely'
import { isCluster } from '../../database/cluster/cluster.ts'
import type { Db } from '../../database/db.ts'
import type { TaskKind } from '../../database/task-rows.ts'
import type { Timestamp } from '../../domain/time.ts'
import { isServedHere } from '../../jobs/lease.sql.ts'

/**
 * The number of oldest tasks that are read. One is not enough, because the payments of the first tasks
 * may have been canceled, and their tasks are deleted only when they are due.
 */
const scannedMax = 1_000

/** A bank decides about a debit within days. Only a debit that takes longer than this counts as old. */
const debitDays = 10

/** Counts end here: a longer count would burden the database, and this length is an alarm already. */
const countMax = 50_000

/** All kinds of tasks. The compiler checks that none is missing. */
const kinds: Readonly<Record<TaskKind, true>> = {
  expire: true,
  authorize: true,
  watch: true,
  process: true,
  capture: true,
  void: true,
  refund: true,
  settle: true,
  dispute: true,
  recheck: true,
}

/**
 * The age of the oldest open payment by status, in seconds: since it went to `processing`, or since its
 * undo window ended. Each of these payments has a task, and only the oldest tasks are read. So the
 * statement costs the same with one open payment and with a million.
 */
export async function oldestOpenSeconds(db: Db, now: Timestamp): Promise<Map<string, number>> {
  const initiated = await oldestSeconds(db, now, {
    status: 'initiated',
    isOpen: sql`t.kind = 'process' and t.due_at <= ${now}::timestamptz`,
    // Tasks that are due only by a test clock. All others are in `isOpen`.
    isOpenByClock: sql`t.kind = 'process' and t.due_at > ${now}::timestamptz
      and t.due_at <= ${now}::timestamptz + make_interval(secs => c.offset_seconds)`,
    order: sql`t.due_at`,
    since: sql`p.cancelable_until`,
  })
  const processing = await oldestSeconds(db, now, {
    status: 'processing',
    isOpen: sql`t.kind = 'capture'`,
    isOpenByClock: sql`t.kind = 'capture'`,
    order: sql`t.since`,
    since: sql`p.updated_at + case when p.payment_method = 'ach' and p.processor_reference is not null
      then make_interval(hours => 24 * ${debitDays}::integer) else '0'::interval end`,
  })
  return new Map(Object.entries({ initiated, processing }))
}

/**
 * If none of the scanned payments is open and more tasks follow, returns the age of the oldest task: a
 * worker that does not delete tasks for that long is as much of an alarm.
 */
async function oldestSeconds(
  db: Db,
  now: Timestamp,
  scan: {
    status: 'initiated' | 'processing'
    isOpen: RawBuilder<unknown>
    isOpenByClock: RawBuilder<unknown>
    order: RawBuilder<unknown>
    since: RawBuilder<unknown>
  },
): Promise<number> {
  const columns = sql`t.merchant_id, t.livemode, t.payment_id, ${scan.order} as task_since`
  const ofTask = sql`p.merchant_id = t.merchant_id and p.livemode = t.livemode and p.id = t.payment_id`
  const inCluster = isCluster(db)
  // A cluster joins rows of several nodes without LATERAL only.
  const byClock = inCluster
    ? sql`select ${columns}, c.offset_seconds, 1
        from payment_tasks t join test_clocks c on c.merchant_id = t.merchant_id and not t.livemode
        where ${scan.isOpenByClock} and c.offset_seconds > 0 and ${isServedHere('t')}
        order by ${scan.order} limit ${scannedMax}`
    : sql`select t.*, c.offset_seconds, 1 from test_clocks c cross join lateral (
          select ${columns} from payment_tasks t
          where ${scan.isOpenByClock} and t.merchant_id = c.merchant_id and not t.livemode
            and ${isServedHere('t')}
          order by ${scan.order} limit ${scannedMax}
        ) t
        where c.offset_seconds > 0`
  // LATERAL with a limit does one look-up by the key per task. A join would read all payments.
  const joinPayments = inCluster
    ? sql`join payments p on ${ofTask}`
    : sql`cross join lateral (
      select p.status, p.cancelable_until, p.updated_at, p.payment_method, p.processor_reference
      from payments p where ${ofTask} limit 1
    ) p`
  const { rows } = await sql<{ seconds: number }>`
    with scanned as (
      (select ${columns}, 0::bigint as offset_seconds, 0 as part from payment_tasks t
        where ${scan.isOpen} and ${isServedHere('t')} order by ${scan.order} limit ${scannedMax})
      union all
      (${byClock})
    )
    select greatest(0, extract(epoch from coalesce(
        max(${now}::timestamptz + make_interval(secs => t.offset_seconds) - ${scan.since})
          filter (where p.status = ${scan.status}),
        case when count(*) filter (where part = 0) = ${scannedMax}
          then ${now}::timestamptz - max(task_since) filter (where part = 0) end,
        '0'::interval
      )))::double precision as seconds
    from scanned t ${joinPayments}`.execute(db)
  return rows[0]?.seconds ?? 0
}

/** The number of tasks that are due by real time, by kind, each up to `countMax`. */
export async function countDueTasks(db: Db, now: Timestamp): Promise<Map<string, number>> {
  if (isCluster(db)) return await countInCluster(db, now)
  const { rows } = await sql<{ kind: string; count: number }>`
    select kind.kind, due.count from unnest(${Object.keys(kinds)}::text[]) as kind (kind) cross join lateral (
      select count(*)::integer as count from (
        select from payment_tasks t
        where t.kind = kind.kind and t.due_at <= ${now}::timestamptz and ${isServedHere('t')}
        limit ${countMax}
      ) counted
    ) due where due.count > 0`.execute(db)
  return new Map(rows.map((row) => [row.kind, row.count]))
}

/** The same in a cluster: up to `countMax` of all kinds together. */
async function countInCluster(db: Db, now: Timestamp): Promise<Map<string, number>> {
  const { rows } = await sql<{ kind: string; count: number }>`
    select kind, count(*)::integer as count from (
      select kind from payment_tasks t where due_at <= ${now}::timestamptz and ${isServedHere('t')}
      limit ${countMax}
    ) due group by kind`.execute(db)
  return new Map(rows.map((row) => [row.kind, row.count]))
}
