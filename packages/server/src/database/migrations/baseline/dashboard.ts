import { type Kysely, sql } from 'kysely'

/** Sign-ins of the dashboard, and its statistics. */
export async function createDashboard(db: Kysely<unknown>): Promise<void> {
  // Only the hash of a session's token is stored.
  await sql`
    create table dashboard_sessions (
      token_hash bytea primary key check (length(token_hash) = 32),
      key_id text collate "C" not null references api_keys (id),
      created_at timestamptz(0) not null,
      expires_at timestamptz(0) not null,
      check (expires_at > created_at)
    )`.execute(db)
  await sql`
    create index dashboard_sessions_over on dashboard_sessions (expires_at)`.execute(db)
  // A key has a limited number of sessions: the oldest end first.
  await sql`
    create index dashboard_sessions_key on dashboard_sessions (key_id, created_at)`.execute(db)
  await statistics(db)
}

async function statistics(db: Kysely<unknown>): Promise<void> {
  // Counts and sums by hour and by day (UTC), so that no plot reads payments. Ninety days of a busy
  // account are some hundred thousand rows by hour, which took a tenth of a second to add up, and a
  // fiftieth of that by day. `label` is the reason of a cancel, else empty.
  await sql`
    create table hourly_stats (
      merchant_id text collate "C" not null references merchants (id),
      livemode boolean not null,
      hour timestamptz(0) not null,
      measure text collate "C" not null check (measure in ('created', 'succeeded', 'failed',
        'canceled', 'refunded', 'delivered', 'undelivered')),
      currency text collate "C" not null,
      label text collate "C" not null,
      count bigint not null,
      amount bigint not null,
      primary key (merchant_id, livemode, hour, measure, currency, label)
    ) with (fillfactor = 70)`.execute(db)
  await sql`
    create table daily_stats (
      merchant_id text collate "C" not null references merchants (id),
      livemode boolean not null,
      day timestamptz(0) not null,
      measure text collate "C" not null check (measure in ('created', 'succeeded', 'failed',
        'canceled', 'refunded', 'delivered', 'undelivered')),
      currency text collate "C" not null,
      count bigint not null,
      amount bigint not null,
      primary key (merchant_id, livemode, day, measure, currency)
    ) with (fillfactor = 70)`.execute(db)
  await sql`
    create table daily_reasons (
      merchant_id text collate "C" not null references merchants (id),
      livemode boolean not null,
      day timestamptz(0) not null,
      reason text collate "C" not null,
      count bigint not null,
      primary key (merchant_id, livemode, day, reason)
    ) with (fillfactor = 70)`.execute(db)
  // How far events and webhook attempts are counted: one row, locked by the process that counts.
  await sql`
    create table stats_progress (
      id boolean primary key default true check (id),
      position bigint not null default 0,
      attempts_through timestamptz(0) not null default '2000-01-01T00:00:00Z'
    )`.execute(db)
  await sql`insert into stats_progress default values`.execute(db)
}
