import { type Kysely, sql } from 'kysely'

/** What the dashboard plots: counts and sums by the hour, so that no plot reads the payments. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table hourly_stats (
      merchant_id text not null references merchants (id),
      livemode boolean not null,
      hour timestamptz(0) not null,
      measure text not null check (measure in ('created', 'succeeded', 'failed', 'canceled',
        'refunded', 'delivered', 'undelivered')),
      currency text not null,
      label text not null,
      count bigint not null,
      amount bigint not null,
      primary key (merchant_id, livemode, hour, measure, currency, label)
    ) with (fillfactor = 70)`.execute(db)

  // How far the events and the attempts of webhooks are counted: one row, locked by who counts.
  await sql`
    create table stats_progress (
      id boolean primary key default true check (id),
      position bigint not null default 0,
      attempts_through timestamptz(0) not null default '2000-01-01'
    )`.execute(db)
  await sql`insert into stats_progress default values`.execute(db)

  // Attempts are counted by time. Costs a write of a few bytes per hundred pages.
  await sql`
    create index webhook_attempts_created on webhook_attempts using brin (created_at)`.execute(db)
}
