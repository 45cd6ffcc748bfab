import { type Kysely, sql } from 'kysely'

/** Webhook endpoints, the relay from the outbox, and what is sent where. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await endpoints(db)
  await deliveries(db)

  // How far the outbox was turned into deliveries: one row, locked by the process that does it.
  // The fence is for gaps in the positions; see webhooks/deliveries/relay.sql.ts.
  await sql`
    create table event_relay (
      id boolean primary key default true check (id),
      position bigint not null,
      fence_position bigint,
      fence_transaction xid8,
      check ((fence_position is null) = (fence_transaction is null))
    )`.execute(db)
  await sql`
    insert into event_relay (position)
    select coalesce(max(position), 0) from events`.execute(db)

  // For lists and replays since a time. Costs a write of a few bytes per hundred pages.
  await sql`create index events_created on events using brin (created_at)`.execute(db)
}

async function endpoints(db: Kysely<unknown>): Promise<void> {
  // Deleted ones stay for the log of their deliveries. `sequence` counts the endpoint's own events.
  await sql`
    create table webhook_endpoints (
      merchant_id text not null references merchants (id),
      livemode boolean not null,
      id text not null,
      url text not null,
      events text[] not null check (cardinality(events) > 0),
      description text,
      enabled boolean not null default true,
      disabled_reason text check (disabled_reason in ('requested', 'gone', 'failing')),
      secret text not null,
      old_secret text,
      old_secret_expires_at timestamptz(0),
      failing_since timestamptz(0),
      sequence integer not null default 0,
      replay_since timestamptz(0),
      replay_from bigint,
      replay_through bigint,
      created_at timestamptz(0) not null,
      updated_at timestamptz(0) not null,
      deleted_at timestamptz(0),
      primary key (merchant_id, livemode, id),
      check (enabled = (disabled_reason is null)),
      check (deleted_at is null or not enabled),
      check ((old_secret is null) = (old_secret_expires_at is null)),
      check ((replay_from is null) = (replay_through is null)
        and (replay_from is null) = (replay_since is null))
    ) with (fillfactor = 70)`.execute(db)
  await sql`
    create index webhook_endpoints_replay on webhook_endpoints (replay_from)
      where replay_from is not null`.execute(db)
}

async function deliveries(db: Kysely<unknown>): Promise<void> {
  // `due_at` is when it may be taken next: the time of its next attempt, or, while `lease` is set,
  // the end of the lease of the process that has taken it. `attempts` counts all, `tries` those
  // since it was last put down, which the schedule of retries goes by.
  await sql`
    create table webhook_deliveries (
      merchant_id text not null,
      livemode boolean not null,
      id text not null,
      endpoint_id text not null,
      position bigint not null,
      subject_id text not null,
      sequence integer not null,
      event_type text not null,
      status text not null check (status in ('pending', 'succeeded', 'failed')),
      attempts integer not null default 0,
      tries integer not null default 0,
      due_at timestamptz(3),
      lease text,
      response_code smallint,
      duration_ms integer,
      error text,
      created_at timestamptz(0) not null,
      primary key (merchant_id, livemode, id),
      foreign key (merchant_id, livemode, endpoint_id)
        references webhook_endpoints (merchant_id, livemode, id),
      check ((status = 'pending') = (due_at is not null)),
      check (lease is null or status = 'pending')
    ) with (fillfactor = 70)`.execute(db)
  await sql`
    create index webhook_deliveries_due
      on webhook_deliveries (merchant_id, livemode, endpoint_id, due_at, position)
      where status = 'pending'`.execute(db)
  await sql`
    create index webhook_deliveries_first
      on webhook_deliveries (merchant_id, livemode, endpoint_id, subject_id, position)
      where status = 'pending' and attempts = 0`.execute(db)
  await sql`
    create index webhook_deliveries_endpoint
      on webhook_deliveries (merchant_id, livemode, endpoint_id, status, id)`.execute(db)
  await sql`
    create index webhook_deliveries_subject
      on webhook_deliveries (merchant_id, livemode, subject_id, id)`.execute(db)

  await sql`
    create table webhook_attempts (
      merchant_id text not null,
      livemode boolean not null,
      delivery_id text not null,
      attempt integer not null,
      response_code smallint,
      duration_ms integer,
      error text,
      response_body text,
      created_at timestamptz(0) not null,
      primary key (merchant_id, livemode, delivery_id, attempt),
      foreign key (merchant_id, livemode, delivery_id)
        references webhook_deliveries (merchant_id, livemode, id) on delete cascade
    )`.execute(db)
}
