import { sql } from 'kysely'
import { isCluster, onNode } from '../../database/cluster/cluster.ts'
import type { Db } from '../../database/db.ts'
import { type Account, groupByAccount } from '../../domain/account.ts'
import { isServedHere } from '../../jobs/lease.sql.ts'
import { addedToSums, addToDays } from './sums.sql.ts'

/** Events counted in one step: some ten milliseconds of work, for any number of merchants. */
export const countedEventsPerStep = 1_000

/**
 * Attempts become visible late: their statement may take some seconds before its timeout. After a
 * minute no older attempt can appear.
 */
const attemptsVisibleAfterSeconds = 60

/**
 * Counts the next events of the outbox. Returns their number, or 0 while another process counts.
 *
 * It counts events up to the position of the relay (webhooks/relay/relay-events.sql.ts): no event can
 * appear before it any more, so each is counted once. One statement counts and saves the progress,
 * so a crash undoes both.
 *
 * The events behind the relay's position are not read: there are at most as many before it as positions.
 * The relay's position is compared outside of the `limit`: inside, the planner expects few events, and sorts
 * all that are left.
 */
export async function countEvents(db: Db): Promise<number> {
  if (isCluster(db)) return await db.transaction().execute(countInCluster)
  const { rows } = await sql<{ counted: number }>`
    with progress as materialized (
      select position from stats_progress limit 1 for update skip locked
    ), next as materialized (
      select e.* from progress cross join lateral (
        select position, merchant_id, livemode, subject_id, sequence, type, created_at, reason
        from events
        where position > progress.position
        order by position
        limit least(${countedEventsPerStep}::bigint,
          greatest(0, (select position from event_relay) - progress.position))
      ) e
      where e.position <= (select position from event_relay)
    ), ${addedToSums(() => sql``)}
    update stats_progress s set position = done.position
    from (select max(position) as position, count(*)::integer as counted from next) done
    where done.position is not null
    returning done.counted`.execute(db)
  return rows[0]?.counted ?? 0
}

/** The same in a cluster: it reads the next events of all nodes, and counts those of each account there. */
async function countInCluster(tx: Db): Promise<number> {
  const { rows: progress } = await sql<{ after: string }>`
    select position::text as after from stats_progress for update skip locked`.execute(tx)
  const after = progress[0]?.after
  if (after === undefined) return 0
  const { rows: relay } = await sql<{ position: string }>`
    select position::text as position from event_relay`.execute(tx)
  const { rows: next } = await sql<{ merchant_id: string; livemode: boolean; position: string }>`
    select merchant_id, livemode, position::text as position from events
    where position > ${after}::bigint and position <= ${relay[0]?.position ?? after}::bigint
    order by events.position limit ${countedEventsPerStep}`.execute(tx)
  const last = next.at(-1)
  if (!last) return 0
  for (const [account] of groupByAccount(next)) {
    await countOfAccount(tx, account, { after, through: last.position })
  }
  await sql`update stats_progress set position = ${last.position}::bigint`.execute(tx)
  return next.length
}

async function countOfAccount(
  tx: Db,
  account: Account,
  { after, through }: { after: string; through: string },
): Promise<void> {
  await sql`
    with next as materialized (
      select position, merchant_id, livemode, subject_id, sequence, type, created_at, reason
      from events
      where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
        and position > ${after}::bigint and position <= ${through}::bigint
    ), ${addedToSums((name) => onNode(tx, name, account))}
    select 1`.execute(tx)
}

/** Whether there are events to count. Read-only, so that idle servers do not write. */
export async function hasUncounted(db: Db): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    select s.position < r.position as found from stats_progress s, event_relay r`.execute(db)
  return rows[0]?.found === true
}

/** Counts webhook attempts since the last call, by success. */
export async function countAttempts(db: Db): Promise<void> {
  await sql`
    with progress as materialized (
      select attempts_through as since,
        date_trunc('second', now()) - make_interval(secs => ${attemptsVisibleAfterSeconds}) as through
      from stats_progress for update skip locked
    ), counted as (
      select a.merchant_id, a.livemode, date_trunc('hour', a.created_at, 'UTC') as hour,
        case when a.error is null then 'delivered' else 'undelivered' end as measure,
        '' as currency, '' as label, count(*) as count, 0 as amount
      from progress join webhook_attempts a
        on a.created_at >= progress.since and a.created_at < progress.through
          and ${isServedHere('a')}
      group by 1, 2, 3, 4
    ), added as (
      insert into hourly_stats (merchant_id, livemode, hour, measure, currency, label, count, amount)
      select * from counted order by 1, 2, 3, 4
      on conflict (merchant_id, livemode, hour, measure, currency, label) do update
      set count = hourly_stats.count + excluded.count
    ), ${addToDays}
    update stats_progress s set attempts_through = progress.through
    from progress where progress.through > progress.since`.execute(db)
}

/** Days that each server sums up again every hour. Counting is rarely further behind. */
const summedAgainDays = 2

/**
 * Recomputes the daily sums of the latest days from the hourly ones. During a deployment, a server of
 * an older version may count hours only.
 */
export async function sumDays(db: Db): Promise<void> {
  await db.transaction().execute(async (tx) => {
    // Lock in a separate statement, so that the next one sees everything counted before.
    await sql`select position from stats_progress for update`.execute(tx)
    const since = sql`date_trunc('day', now(), 'UTC')
      - make_interval(hours => 24 * ${summedAgainDays}::integer)`
    await sql`
      insert into daily_stats (merchant_id, livemode, day, measure, currency, count, amount)
      select merchant_id, livemode, date_trunc('day', hour, 'UTC'), measure, currency,
        sum(count), sum(amount)
      from hourly_stats where hour >= ${since} and ${isServedHere('hourly_stats')}
      group by 1, 2, 3, 4, 5
      on conflict (merchant_id, livemode, day, measure, currency) do update
      set count = excluded.count, amount = excluded.amount
      where (daily_stats.count, daily_stats.amount)
        is distinct from (excluded.count, excluded.amount)`.execute(tx)
    await sql`
      insert into daily_reasons (merchant_id, livemode, day, reason, count)
      select merchant_id, livemode, date_trunc('day', hour, 'UTC'), label, sum(count)
      from hourly_stats
      where hour >= ${since} and measure = 'canceled' and ${isServedHere('hourly_stats')}
      group by 1, 2, 3, 4
      on conflict (merchant_id, livemode, day, reason) do update set count = excluded.count
      where daily_reasons.count is distinct from excluded.count`.execute(tx)
  })
}
