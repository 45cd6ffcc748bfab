import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import type { TaskKind } from '../../database/task-rows.ts'
import type { Timestamp } from '../../domain/time.ts'

type Db = Kysely<Schema>

/**
 * So many of the tasks that are open for longest are looked at. One is enough, unless payments at
 * the front were canceled meanwhile: their tasks are dropped as soon as they are due.
 */
const lookedAtMax = 1_000

/** Counted up to here: more is too many in any case, and the count must not burden the database. */
const countMax = 50_000

/** All there are: the compiler sees to it. */
const kinds: Readonly<Record<TaskKind, true>> = {
  expire: true,
  authorize: true,
  process: true,
  capture: true,
  void: true,
  refund: true,
  settle: true,
}

/**
 * Age in seconds of the oldest payment that somebody has to move on, by status: since it is
 * processing, or since its undo window ended. Looks at the oldest tasks only, of which each such
 * payment has one, so that it costs the same with one open payment and with a million.
 */
export async function oldestOpenSeconds(db: Db, now: Timestamp): Promise<Map<string, number>> {
  const initiated = await oldestSeconds(db, now, {
    status: 'initiated',
    isOpen: sql`t.kind = 'process' and t.due_at <= ${now}::timestamptz`,
    // A test clock that is ahead makes more of them due; others are in the first range.
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
    since: sql`p.updated_at`,
  })
  return new Map(Object.entries({ initiated, processing }))
}

/**
 * Where none of those at the front is open any more, and there are more behind them, their tasks
 * are told instead: that nobody drops them for so long says as much.
 */
async function oldestSeconds(
  db: Db,
  now: Timestamp,
  look: {
    status: 'initiated' | 'processing'
    isOpen: RawBuilder<unknown>
    isOpenByClock: RawBuilder<unknown>
    order: RawBuilder<unknown>
    since: RawBuilder<unknown>
  },
): Promise<number> {
  const columns = sql`t.merchant_id, t.livemode, t.payment_id, ${look.order} as task_since`
  // LATERAL with a limit is a look-up by the key for each: a join would be one with all payments.
  const { rows } = await sql<{ seconds: number }>`
    with looked_at as (
      (select ${columns}, 0::bigint as offset_seconds, 0 as part from payment_tasks t
        where ${look.isOpen} order by ${look.order} limit ${lookedAtMax})
      union all
      (select t.*, c.offset_seconds, 1 from test_clocks c cross join lateral (
          select ${columns} from payment_tasks t
          where ${look.isOpenByClock} and t.merchant_id = c.merchant_id and not t.livemode
          order by ${look.order} limit ${lookedAtMax}
        ) t
        where c.offset_seconds > 0)
    )
    select greatest(0, extract(epoch from coalesce(
        max(${now}::timestamptz + make_interval(secs => t.offset_seconds) - ${look.since})
          filter (where p.status = ${look.status}),
        case when count(*) filter (where part = 0) = ${lookedAtMax}
          then ${now}::timestamptz - max(task_since) filter (where part = 0) end,
        '0'::interval
      )))::double precision as seconds
    from looked_at t cross join lateral (
      select p.status, p.cancelable_until, p.updated_at from payments p
      where p.merchant_id = t.merchant_id and p.livemode = t.livemode and p.id = t.payment_id
      limit 1
    ) p`.execute(db)
  return rows[0]?.seconds ?? 0
}

/** How many tasks are due by the real time, by kind, each up to fifty thousand. */
export async function countDueTasks(db: Db, now: Timestamp): Promise<Map<string, number>> {
  const { rows } = await sql<{ kind: string; count: number }>`
    select kind.kind, due.count from unnest(${Object.keys(kinds)}::text[]) as kind (kind) cross join lateral (
      select count(*)::integer as count from (
        select from payment_tasks t
        where t.kind = kind.kind and t.due_at <= ${now}::timestamptz limit ${countMax}
      ) counted
    ) due where due.count > 0`.execute(db)
  return new Map(rows.map((row) => [row.kind, row.count]))
}
