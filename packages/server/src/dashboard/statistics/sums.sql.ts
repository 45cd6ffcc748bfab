import { type RawBuilder, sql } from 'kysely'
import { addedToBalances } from '../../ledger/ledger.sql.ts'
import { addedToHours } from '../../lists/hours.sql.ts'

/**
 * Reasons are free text. Reasons that match this pattern are counted separately, all others together:
 * reasons with an order number would otherwise create a row each.
 */
const reasonWord = '^[a-z][a-z_]{0,39}$'

/** Adds the hourly counts of `counted` to the daily sums, in the same statement. */
export const addToDays = sql`
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

/** A condition on the rows of a table by its name in the statement (`database/cluster/cluster.ts`). */
export type OnNode = (name: string) => RawBuilder<unknown>

/**
 * What an event `n` counts beside or instead of its own measure. The refund that it has paid, or returned
 * after it was paid; the success of a debit that the bank has returned, and its failure. What has come back
 * is subtracted from the hour in which it was counted, so that no sum of any range contains it, and none
 * is negative.
 */
const correctionOf = (onNode: OnNode) => sql`
          select 'refunded' as measure, refund.amount, 1 as sign, null::timestamptz as counted_at
          from refunds refund
          where n.type = 'payment.refund_succeeded' and refund.merchant_id = n.merchant_id
            and refund.livemode = n.livemode and refund.payment_id = n.subject_id
            and refund.answered_sequence = n.sequence ${onNode('refund')}
          union all
          select 'refunded', refund.amount, -1, paid.created_at from refunds refund
            join events paid on paid.merchant_id = refund.merchant_id
              and paid.livemode = refund.livemode and paid.subject_id = refund.payment_id
              and paid.sequence = refund.answered_sequence ${onNode('paid')}
          where n.type = 'payment.refund_failed' and refund.merchant_id = n.merchant_id
            and refund.livemode = n.livemode and refund.payment_id = n.subject_id
            and refund.returned_sequence = n.sequence ${onNode('refund')}
          union all
          select corrected.measure, p.captured_amount, corrected.sign,
            case when corrected.sign = -1 then paid.created_at end
          from events paid cross join (values ('succeeded', -1), ('failed', 1))
            as corrected (measure, sign)
          where n.type = 'payment.returned' and paid.merchant_id = n.merchant_id
            and paid.livemode = n.livemode and paid.subject_id = n.subject_id
            and paid.type = 'payment.succeeded' ${onNode('paid')}
          limit 2`

/**
 * Common table expressions that add the events of `next` to the counts and sums, to the hours of
 * `event_hours`, and their transfers to the balances of `ledger_balances`.
 *
 * `limit 1` makes the planner look up one payment per event by its key: without it, it joins a few
 * thousand events with the whole table of payments.
 */
export function addedToSums(onNode: OnNode): RawBuilder<unknown> {
  return sql`counted as (
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
            case when n.type = 'payment.succeeded' then captured_amount else amount end as amount
          from payments
          where merchant_id = n.merchant_id and livemode = n.livemode and id = n.subject_id ${onNode('payments')}
          limit 1
        ) p
        left join lateral (${correctionOf(onNode)}) r on true
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
    ), ${addToDays}, ${addedToHours}, ${addedToBalances(onNode('ledger_transfers'))}`
}
