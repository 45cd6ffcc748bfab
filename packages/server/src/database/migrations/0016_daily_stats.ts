import { type Kysely, sql } from 'kysely'

/**
 * The plots' sums by the day (UTC), and the reasons of cancels by themselves. Ninety days of a busy
 * account are some hundred thousand sums by the hour, currency and reason, which took a tenth of a
 * second to add up; this is a fiftieth of them.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table daily_stats (
      merchant_id text not null references merchants (id),
      livemode boolean not null,
      day timestamptz(0) not null,
      measure text not null check (measure in ('created', 'succeeded', 'failed', 'canceled',
        'refunded', 'delivered', 'undelivered')),
      currency text not null,
      count bigint not null,
      amount bigint not null,
      primary key (merchant_id, livemode, day, measure, currency)
    ) with (fillfactor = 70)`.execute(db)
  await sql`
    create table daily_reasons (
      merchant_id text not null references merchants (id),
      livemode boolean not null,
      day timestamptz(0) not null,
      reason text not null,
      count bigint not null,
      primary key (merchant_id, livemode, day, reason)
    ) with (fillfactor = 70)`.execute(db)
  // Nobody may count an hour between its being added up here and the first sum by the day.
  await sql`select position from stats_progress for update`.execute(db)
  await sql`
    insert into daily_stats (merchant_id, livemode, day, measure, currency, count, amount)
    select merchant_id, livemode, date_trunc('day', hour, 'UTC'), measure, currency,
      sum(count), sum(amount)
    from hourly_stats group by 1, 2, 3, 4, 5`.execute(db)
  await sql`
    insert into daily_reasons (merchant_id, livemode, day, reason, count)
    select merchant_id, livemode, date_trunc('day', hour, 'UTC'), label, sum(count)
    from hourly_stats where measure = 'canceled' group by 1, 2, 3, 4`.execute(db)
}
