import { type Kysely, sql } from 'kysely'

/** Checkout sessions of the hosted page. */
export async function createCheckout(db: Kysely<unknown>): Promise<void> {
  // `payment_id` is the payment of the latest attempt, `tries` the number of payments made so far.
  // `actor_id` is the key that created the session.
  // `due_at` is when a worker next checks an open session. `lease` names the claim of that worker,
  // until `leased_until` in real time; `failures` counts failed checks in a row.
  await sql`
    create table checkout_sessions (
      merchant_id text collate "C" not null references merchants (id),
      livemode boolean not null,
      id text collate "C" not null,
      status text collate "C" not null check (status in ('open', 'complete', 'expired')),
      payment_id text collate "C",
      tries integer not null default 0,
      amount integer not null check (amount between 1 and 99999999),
      currency text collate "C" not null check (currency ~ '^[A-Z]{3}$'),
      customer_email text collate "C",
      customer_id text collate "C",
      description text,
      statement_descriptor text,
      metadata jsonb not null,
      payment_method_types text[] collate "C" not null
        check (cardinality(payment_method_types) > 0),
      cancel_window integer not null check (cancel_window between 0 and 604800),
      capture_method text collate "C" not null check (capture_method in ('automatic', 'manual')),
      success_url text,
      cancel_url text,
      url text not null,
      actor_id text collate "C" not null,
      due_at timestamptz(0) not null,
      lease text collate "C",
      leased_until timestamptz,
      failures integer not null default 0,
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
    create index checkout_sessions_due on checkout_sessions (due_at)
      where status = 'open'`.execute(db)
  await sql`
    create index checkout_sessions_payment on checkout_sessions (payment_id)
      where payment_id is not null`.execute(db)
  // The link of a hosted page names neither merchant nor mode. An id holds 80 random bits.
  await sql`create index checkout_sessions_id on checkout_sessions (id)`.execute(db)
}
