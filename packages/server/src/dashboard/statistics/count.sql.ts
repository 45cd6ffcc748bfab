import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import { addedToBalances } from '../../ledger/ledger.sql.ts'
import { addedToHours } from '../../lists/hours.sql.ts'

/** Events counted in one step: some ten milliseconds of work, for any number of merchants. */
export const countedEventsPerStep = 1_000

/**
 * Attempts become visible late: their statement may take some seconds before its timeout. After a
 * minute no older attempt can appear.
 */
const attemptsVisibleAfterSeconds = 60

/**
 * Reasons are free text. Reasons that match this pattern are counted separately, all others together:
 * reasons with an order number would otherwise create a row each.
 */
const reasonWord = '^[a-z][a-z_]{0,39}$'

/** Adds the hourly counts of `counted` to the daily sums, in the same statement. */
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

/**
 * What an event `n` counts beside or instead of its own measure. The refund that it has paid, or returned
 * after it was paid; the success of a debit that the bank has returned, and its failure. What has come back
 * is subtracted from the hour in which it was counted, so that no sum of any range contains it, and none
 * is negative.
 */
const correctionOf = sql`
          select 'refunded' as measure, refund.amount, 1 as sign, null::timestamptz as counted_at
          from refunds refund
          where n.type = 'payment.refund_succeeded' and refund.merchant_id = n.merchant_id
            and refund.livemode = n.livemode and refund.payment_id = n.subject_id
            and refund.answered_sequence = n.sequence
          union all
          select 'refunded', refund.amount, -1, paid.created_at from refunds refund
            join events paid on paid.merchant_id = refund.merchant_id
              and paid.livemode = refund.livemode and paid.subject_id = refund.payment_id
              and paid.sequence = refund.answered_sequence
          where n.type = 'payment.refund_failed' and refund.merchant_id = n.merchant_id
            and refund.livemode = n.livemode and refund.payment_id = n.subject_id
            and refund.returned_sequence = n.sequence
          union all
          select corrected.measure, p.captured_amount, corrected.sign,
            case corrected.sign when -1 then paid.created_at end
          from events paid cross join (values ('succeeded', -1), ('failed', 1))
            as corrected (measure, sign)
          where n.type = 'payment.returned' and paid.merchant_id = n.merchant_id
            and paid.livemode = n.livemode and paid.subject_id = n.subject_id
            and paid.type = 'payment.succeeded'
          limit 2`

/**
 * Counts the next events of the outbox. Returns their number, or 0 while another process counts.
 *
 * It counts events up to the position of the relay (webhooks/relay/relay-events.sql.ts): no event can
 * appear before it any more, so each is counted once. One statement counts and saves the progress,
 * so a crash undoes both. It also adds the events to the hours of `event_hours`, and their transfers to the
 * balances of `ledger_balances`.
 *
 * The events behind the relay's position are not read: there are at most as many before it as positions.
 * `limit 1` makes the planner look up one payment per event by its key: without it, it joins a few
 * thousand events with the whole table of payments. The relay's position is compared outside of the
 * `limit`: inside, the planner expects few events, and sorts all that are left.
 */
export async function countEvents(db: Db): Promise<number> {
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
    ), counted as (
      select n.merchant_id, n.livemode,
        date_trunc('hour', coalesce(r.counted_at, n.created_at), 'UTC') as hour,
        coalesce(r.measure, split_part(n.type, '.', 2)) as measure,
        p.currency,
        case when n.type <> 'payment.canceled' then ''
          when n.reason is null then 'none'
          when n.reason ~ ${reasonWord} then n.reason
          else 'other' end as label,
        sum(coalesce(r.sign, 1))::integer as count,
        sum(coalesce(r.sign * r.amount, p.amount)) as amount
      from next n
        cross join lateral (
          select currency, captured_amount,
            case n.type when 'payment.succeeded' then captured_amount else amount end as amount
          from payments
          where merchant_id = n.merchant_id and livemode = n.livemode and id = n.subject_id
          limit 1
        ) p
        left join lateral (${correctionOf}) r on true
      where n.type in ('payment.created', 'payment.succeeded', 'payment.failed',
          'payment.canceled', 'payment.refund_succeeded')
        or n.type in ('payment.refund_failed', 'payment.returned') and r.sign is not null
      group by 1, 2, 3, 4, 5, 6
    ), added as (
      insert into hourly_stats (merchant_id, livemode, hour, measure, currency, label, count, amount)
      select * from counted order by 1, 2, 3, 4, 5, 6
      on conflict (merchant_id, livemode, hour, measure, currency, label) do update
      set count = hourly_stats.count + excluded.count,
        amount = hourly_stats.amount + excluded.amount
    ), ${addToDays}, ${addedToHours}, ${addedToBalances}
    update stats_progress s set position = done.position
    from (select max(position) as position, count(*)::integer as counted from next) done
    where done.position is not null
    returning done.counted`.execute(db)
  return rows[0]?.counted ?? 0
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
