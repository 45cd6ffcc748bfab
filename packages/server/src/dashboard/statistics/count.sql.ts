import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'

type Db = Kysely<Schema>

/** Events of one step: some ten milliseconds of work, whatever the number of merchants. */
export const countedEventsPerStep = 1_000

/**
 * An attempt is written within one statement, which the server gives up after some seconds: a
 * minute later nothing can still appear that is older.
 */
const attemptsSettleSeconds = 60

/**
 * Reasons are free text. Those that look like a word of a program are counted by themselves, the
 * rest together, so that a reason with an order's number in it does not make a row of its own.
 */
const reasonWord = '^[a-z][a-z_]{0,39}$'

/** Adds what was `counted` by the hour to the sums by the day, in the same statement. */
const addToDays = sql`
    added_to_days as (
      insert into daily_stats (merchant_id, livemode, day, measure, currency, count, amount)
      select merchant_id, livemode, date_trunc('day', hour, 'UTC'), measure, currency,
        sum(count), sum(amount)
      from counted group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
      on conflict (merchant_id, livemode, day, measure, currency) do update
      set count = daily_stats.count + excluded.count,
        amount = daily_stats.amount + excluded.amount
    ), added_to_reasons as (
      insert into daily_reasons (merchant_id, livemode, day, reason, count)
      select merchant_id, livemode, date_trunc('day', hour, 'UTC'), label, sum(count)
      from counted where measure = 'canceled' group by 1, 2, 3, 4 order by 1, 2, 3, 4
      on conflict (merchant_id, livemode, day, reason) do update
      set count = daily_reasons.count + excluded.count
    )`

// Only events that the relay has passed are counted: it knows up to where none can appear any
// more (webhooks/relay/relay-events.sql.ts), so each is counted once. What they add up to is one row per hour
// and kind; counting, and noting how far it is, are one statement, which a crash undoes whole.
// The limits of one row keep it a look-up by the key per event: without them the planner joins a
// few thousand events with the whole table of payments. And the relay's position is asked for
// outside of the limit: within, the planner expects few events, and sorts all that are left.
/** Counts the next events of the outbox. Returns how many, 0 also where another process is at it. */
export async function countEvents(db: Db): Promise<number> {
  const { rows } = await sql<{ counted: number }>`
    with progress as materialized (
      select position from stats_progress limit 1 for update skip locked
    ), next as materialized (
      select e.* from progress cross join lateral (
        select position, merchant_id, livemode, subject_id, sequence, type, created_at, reason
        from events
        where position > progress.position
        order by position limit ${countedEventsPerStep}
      ) e
      where e.position <= (select position from event_relay)
    ), counted as (
      select n.merchant_id, n.livemode, date_trunc('hour', n.created_at) as hour,
        case n.type when 'payment.refund_succeeded' then 'refunded'
          else split_part(n.type, '.', 2) end as measure,
        p.currency,
        case when n.type <> 'payment.canceled' then ''
          when n.reason is null then 'none'
          when n.reason ~ ${reasonWord} then n.reason
          else 'other' end as label,
        count(*) as count, sum(coalesce(r.amount, p.amount)) as amount
      from next n
        cross join lateral (
          select currency, amount from payments
          where merchant_id = n.merchant_id and livemode = n.livemode and id = n.subject_id
          limit 1
        ) p
        left join lateral (
          select amount from refunds
          where n.type = 'payment.refund_succeeded' and merchant_id = n.merchant_id
            and livemode = n.livemode and payment_id = n.subject_id
            and answered_sequence = n.sequence
          limit 1
        ) r on true
      where n.type in ('payment.created', 'payment.succeeded', 'payment.failed',
        'payment.canceled', 'payment.refund_succeeded')
      group by 1, 2, 3, 4, 5, 6
    ), added as (
      insert into hourly_stats (merchant_id, livemode, hour, measure, currency, label, count, amount)
      select * from counted order by 1, 2, 3, 4, 5, 6
      on conflict (merchant_id, livemode, hour, measure, currency, label) do update
      set count = hourly_stats.count + excluded.count,
        amount = hourly_stats.amount + excluded.amount
    ), ${addToDays}
    update stats_progress s set position = done.position
    from (select max(position) as position, count(*)::integer as counted from next) done
    where done.position is not null
    returning done.counted`.execute(db)
  return rows[0]?.counted ?? 0
}

/** Whether there is an event to count. Reads only: idle servers do not write. */
export async function hasUncounted(db: Db): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    select s.position < r.position as found from stats_progress s, event_relay r`.execute(db)
  return rows[0]?.found === true
}

/** Counts the attempts of webhooks since the last time, by whether they were answered well. */
export async function countAttempts(db: Db): Promise<void> {
  await sql`
    with progress as materialized (
      select attempts_through as since,
        date_trunc('second', now()) - make_interval(secs => ${attemptsSettleSeconds}) as through
      from stats_progress for update skip locked
    ), counted as (
      select a.merchant_id, a.livemode, date_trunc('hour', a.created_at) as hour,
        case when a.error is null then 'delivered' else 'undelivered' end as measure,
        '' as currency, '' as label, count(*) as count, 0 as amount
      from progress join webhook_attempts a
        on a.created_at >= progress.since and a.created_at < progress.through
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

/** Counting is seldom further behind; each server looks at these days again once an hour. */
const summedAgainDays = 2

/**
 * Makes the sums of the latest days what those by the hour add up to. While a new version is
 * deployed, a server that knows only hours may still count beside this one.
 */
export async function sumDays(db: Db): Promise<void> {
  await db.transaction().execute(async (tx) => {
    // First the lock, in a statement of its own: the next one sees what was counted before it.
    await sql`select position from stats_progress for update`.execute(tx)
    const since = sql`date_trunc('day', now(), 'UTC')
      - make_interval(days => ${summedAgainDays})`
    await sql`
      insert into daily_stats (merchant_id, livemode, day, measure, currency, count, amount)
      select merchant_id, livemode, date_trunc('day', hour, 'UTC'), measure, currency,
        sum(count), sum(amount)
      from hourly_stats where hour >= ${since} group by 1, 2, 3, 4, 5
      on conflict (merchant_id, livemode, day, measure, currency) do update
      set count = excluded.count, amount = excluded.amount
      where (daily_stats.count, daily_stats.amount)
        is distinct from (excluded.count, excluded.amount)`.execute(tx)
    await sql`
      insert into daily_reasons (merchant_id, livemode, day, reason, count)
      select merchant_id, livemode, date_trunc('day', hour, 'UTC'), label, sum(count)
      from hourly_stats where hour >= ${since} and measure = 'canceled' group by 1, 2, 3, 4
      on conflict (merchant_id, livemode, day, reason) do update set count = excluded.count
      where daily_reasons.count is distinct from excluded.count`.execute(tx)
  })
}
