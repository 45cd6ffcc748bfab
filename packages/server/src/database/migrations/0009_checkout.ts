import { type Kysely, sql } from 'kysely'

/** Checkout sessions, what the payment page looks up, and the server's own signing keys. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table checkout_sessions (
      merchant_id text not null references merchants (id),
      livemode boolean not null,
      id text not null,
      status text not null check (status in ('open', 'complete', 'expired')),
      payment_id text,
      tries integer not null default 0,
      amount integer not null check (amount between 1 and 99999999),
      currency text not null check (currency ~ '^[A-Z]{3}$'),
      customer_email text,
      customer_id text,
      description text,
      statement_descriptor text,
      metadata jsonb not null,
      payment_method_types text[] not null check (cardinality(payment_method_types) > 0),
      cancel_window integer not null check (cancel_window between 0 and 604800),
      success_url text,
      cancel_url text,
      url text not null,
      actor_id text not null,
      look_at timestamptz(0) not null,
      expires_at timestamptz(0) not null,
      completed_at timestamptz(0),
      created_at timestamptz(0) not null,
      updated_at timestamptz(0) not null,
      primary key (merchant_id, livemode, id),
      foreign key (merchant_id, livemode, payment_id)
        references payments (merchant_id, livemode, id),
      check ((status = 'complete') = (completed_at is not null)),
      check (payment_id is null or customer_email is not null)
    )`.execute(db)
  await sql`
    create index checkout_sessions_look on checkout_sessions (look_at)
      where status = 'open'`.execute(db)
  await sql`
    create index checkout_sessions_payment on checkout_sessions (payment_id)
      where payment_id is not null`.execute(db)

  // A customer's link names neither merchant nor mode. The ids hold 80 random bits.
  await sql`create index checkout_sessions_id on checkout_sessions (id)`.execute(db)
  await sql`create index payments_id on payments (id)`.execute(db)

  await sql`
    create table signing_keys (
      id text primary key,
      purpose text not null unique,
      secret bytea not null check (length(secret) = 32),
      created_at timestamptz(0) not null
    )`.execute(db)
}
