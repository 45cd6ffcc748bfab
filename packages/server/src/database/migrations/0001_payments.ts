import { type Kysely, sql } from 'kysely'

/**
 * Merchants, keys, payments, events, idempotency records and tasks.
 *
 * Primary keys begin with the merchant and the mode: every statement is scoped by both, a page of
 * a list is one range of the key, and an engine that shards by merchant can place the rows.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await merchantsAndKeys(db)
  await payments(db)
  await eventsAndRecords(db)
}

async function merchantsAndKeys(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table merchants (
      id text primary key,
      name text not null,
      default_cancel_window integer not null default 0
        check (default_cancel_window between 0 and 604800),
      created_at timestamptz(0) not null,
      updated_at timestamptz(0) not null
    )`.execute(db)

  await sql`
    create table api_keys (
      id text primary key,
      merchant_id text not null references merchants (id),
      livemode boolean not null,
      name text,
      publishable_key text not null unique,
      secret_hash bytea not null unique check (length(secret_hash) = 32),
      secret_hint text not null,
      scopes text[] not null,
      requests_per_minute integer not null check (requests_per_minute > 0),
      created_at timestamptz(0) not null,
      expires_at timestamptz(0),
      revoked_at timestamptz(0)
    )`.execute(db)
  await sql`
    create index api_keys_merchant on api_keys (merchant_id, livemode, id)`.execute(db)
}

async function payments(db: Kysely<unknown>): Promise<void> {
  // No index holds a column that a transition changes, and pages keep room: the new version of a
  // canceled row then stays on its page without touching an index (a HOT update).
  await sql`
    create table payments (
      merchant_id text not null references merchants (id),
      livemode boolean not null,
      id text not null,
      sequence integer not null check (sequence > 0),
      status text not null check (status in ('pending', 'initiated', 'processing', 'succeeded',
        'partially_refunded', 'refunded', 'failed', 'canceled')),
      amount integer not null check (amount between 1 and 99999999),
      currency text not null check (currency ~ '^[A-Z]{3}$'),
      payment_method text not null check (payment_method in ('card', 'ach', 'crypto')),
      customer_email text not null,
      customer_id text,
      description text,
      statement_descriptor text,
      metadata jsonb not null,
      success_url text,
      cancel_url text,
      url text not null,
      cancel_window integer not null check (cancel_window between 0 and 604800),
      cancelable_until timestamptz(0),
      refunded_amount integer not null default 0,
      fee integer,
      net_amount integer,
      failure_code text,
      failure_message text,
      cancellation_reason text,
      canceled_at timestamptz(0),
      settled_at timestamptz(0),
      processor text,
      processor_reference text,
      expires_at timestamptz(0) not null,
      created_at timestamptz(0) not null,
      updated_at timestamptz(0) not null,
      primary key (merchant_id, livemode, id),
      check (refunded_amount between 0 and amount),
      check ((status = 'canceled') = (canceled_at is not null)),
      check (cancellation_reason is null or status = 'canceled')
    ) with (fillfactor = 70)`.execute(db)
  await sql`
    create index payments_email on payments (merchant_id, livemode, customer_email, id)`.execute(db)
  await sql`
    create index payments_customer on payments (merchant_id, livemode, customer_id, id)
      where customer_id is not null`.execute(db)
  await sql`
    create index payments_metadata on payments using gin (metadata jsonb_path_ops)
      where metadata <> '{}'`.execute(db)

  // What is still to be done to a payment and when. A cancel does not look for the tasks it makes
  // needless: the worker finds the payment canceled and drops them.
  await sql`
    create table payment_tasks (
      merchant_id text not null,
      livemode boolean not null,
      payment_id text not null,
      kind text not null,
      due_at timestamptz(0) not null,
      attempts integer not null default 0,
      primary key (merchant_id, livemode, payment_id, kind),
      foreign key (merchant_id, livemode, payment_id)
        references payments (merchant_id, livemode, id)
    )`.execute(db)
  await sql`create index payment_tasks_due on payment_tasks (due_at)`.execute(db)
}

async function eventsAndRecords(db: Kysely<unknown>): Promise<void> {
  // The outbox and the timeline. Rows are narrow: what a payment looked like at an event follows
  // from its unchanging columns and from `state`, which holds the others, and is null where they
  // follow too (created: all empty; canceled: final, as in the payment's row).
  await sql`
    create table events (
      position bigint generated always as identity,
      merchant_id text not null,
      livemode boolean not null,
      subject_id text not null,
      sequence integer not null check (sequence > 0),
      type text not null,
      created_at timestamptz(0) not null,
      actor_type text not null
        check (actor_type in ('api_key', 'system', 'processor', 'customer')),
      actor_id text,
      from_status text,
      to_status text,
      reason text,
      state jsonb,
      primary key (merchant_id, livemode, subject_id, sequence)
    )`.execute(db)
  await sql`create unique index events_position on events (position)`.execute(db)
  await sql`
    create index events_newest on events (merchant_id, livemode, position)`.execute(db)

  // `outcome` says how the first answer is told again: `stored`: it is in http_status and body;
  // `canceled`, `refused`, `stale`: a cancel, rendered from the payment, which is final, or from
  // refused_status; `running`: there is none yet; `awaited`: a cancel came before the create.
  await sql`
    create table idempotency_records (
      merchant_id text not null,
      livemode boolean not null,
      key text not null,
      operation text not null,
      request_hash bytea,
      outcome text not null
        check (outcome in ('running', 'stored', 'canceled', 'refused', 'stale', 'awaited')),
      http_status smallint,
      body text,
      payment_id text,
      event_sequence integer,
      refused_status text,
      reason text,
      actor_id text,
      created_at timestamptz(0) not null,
      locked_until timestamptz(0),
      primary key (merchant_id, livemode, key),
      check (outcome <> 'stored' or (http_status is not null and body is not null))
    )`.execute(db)
  await sql`
    create index idempotency_records_age on idempotency_records using brin (created_at)`.execute(db)
}
