import { type Kysely, sql } from 'kysely'

/** Webhook endpoints, deliveries, their attempts, and the relay of events to deliveries. */
export async function createWebhooks(db: Kysely<unknown>): Promise<void> {
  await endpoints(db)
  await deliveries(db)
  await deliveryIndexes(db)
  await attempts(db)
  // Events up to `position` have their deliveries. The process that relays locks the only row. The
  // fence keeps the relay from skipping events whose transactions have not committed yet
  // (webhooks/relay/relay-events.sql.ts).
  await sql`
    create table event_relay (
      id boolean primary key default true check (id),
      position bigint not null,
      fence_position bigint,
      fence_transaction xid8,
      check ((fence_position is null) = (fence_transaction is null))
    )`.execute(db)
  await sql`insert into event_relay (position) values (0)`.execute(db)
}

async function endpoints(db: Kysely<unknown>): Promise<void> {
  // Deleted endpoints stay for the log of their deliveries.
  //
  // `secret` and `old_secret` are sealed (`sealing/sealer.ts`); the old one signs as well until it
  // expires. `sequence` counts the endpoint's own events.
  // `failing_since` is when deliveries began to fail without a success in between.
  // A replay sends events again from `replay_from` through `replay_through`, positions of events.
  await sql`
    create table webhook_endpoints (
      merchant_id text collate "C" not null references merchants (id),
      livemode boolean not null,
      id text collate "C" not null,
      url text not null,
      events text[] collate "C" not null check (cardinality(events) > 0),
      description text,
      enabled boolean not null default true,
      disabled_reason text collate "C" check (disabled_reason in ('requested', 'gone', 'failing')),
      secret text collate "C" not null,
      old_secret text collate "C",
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
  // `position`, `subject_id`, `sequence` and `event_type` are those of the event.
  // `due_at` is when the delivery may be claimed next: the time of its next attempt or, while
  // `lease` is set, the end of that lease.
  // `attempts` is the number of the last attempt that counts. `late_attempts` counts attempts since
  // then whose result came after their lease had ended. `tries` counts failures since the delivery
  // was last planned; the retry schedule follows it.
  // `planned_again`: a retry was requested while an attempt was in progress.
  await sql`
    create table webhook_deliveries (
      merchant_id text collate "C" not null,
      livemode boolean not null,
      id text collate "C" not null,
      endpoint_id text collate "C" not null,
      position bigint not null,
      subject_id text collate "C" not null,
      sequence integer not null,
      event_type text collate "C" not null,
      status text collate "C" not null check (status in ('pending', 'succeeded', 'failed')),
      attempts integer not null default 0,
      late_attempts integer not null default 0,
      tries integer not null default 0,
      due_at timestamptz(3),
      lease text collate "C",
      planned_again boolean not null default false,
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
}

async function deliveryIndexes(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index webhook_deliveries_due
      on webhook_deliveries (merchant_id, livemode, endpoint_id, due_at, position)
      where status = 'pending'`.execute(db)
  // First attempts of one subject are made in the order of its events.
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
}

async function attempts(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table webhook_attempts (
      merchant_id text collate "C" not null,
      livemode boolean not null,
      delivery_id text collate "C" not null,
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
  // Statistics count attempts by time. A BRIN index costs a write of a few bytes per hundred pages.
  await sql`
    create index webhook_attempts_created on webhook_attempts using brin (created_at)`.execute(db)
}
