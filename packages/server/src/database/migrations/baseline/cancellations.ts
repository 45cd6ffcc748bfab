import { type Kysely, sql } from 'kysely'

/** Cancellations of many payments, and the result of each payment. */
export async function createCancellations(db: Kysely<unknown>): Promise<void> {
  // A cancellation first selects its payments (up to `selected_through`, until `selected`), and then
  // processes them in the order of their ids (up to `processed_through`).
  //
  // `queued_at` is when it was created, or its last step began: cancellations take turns.
  // `failures` counts failed steps in a row. `retry_at` is when the next step is tried. Both are in real time.
  await sql`
    create table cancellations (
      merchant_id text collate "C" not null references merchants (id),
      livemode boolean not null,
      id text collate "C" not null,
      status text collate "C" not null
        check (status in ('pending', 'running', 'paused', 'completed')),
      dry_run boolean not null,
      reason text,
      filter jsonb,
      actor_id text collate "C" not null,
      selected boolean not null,
      selected_through text collate "C" not null,
      processed_through text collate "C" not null,
      total integer not null default 0,
      processed integer not null default 0,
      canceled integer not null default 0,
      refused integer not null default 0,
      not_found integer not null default 0,
      queued_at timestamptz not null default now(),
      failures integer not null default 0,
      retry_at timestamptz,
      created_at timestamptz(0) not null,
      updated_at timestamptz(0) not null,
      completed_at timestamptz(0),
      primary key (merchant_id, livemode, id),
      check ((status = 'completed') = (completed_at is not null))
    )`.execute(db)
  await sql`
    create index cancellations_open on cancellations (id)
      where status in ('pending', 'running')`.execute(db)

  // An item up to `processed_through` was canceled unless its row says otherwise, so that the common
  // outcome costs no write.
  await sql`
    create table cancellation_items (
      merchant_id text collate "C" not null,
      livemode boolean not null,
      cancellation_id text collate "C" not null,
      payment_id text collate "C" not null,
      outcome text collate "C" check (outcome in ('refused', 'not_found')),
      current_status text collate "C",
      primary key (merchant_id, livemode, cancellation_id, payment_id)
    )`.execute(db)
  // The exceptions, for lists of one outcome.
  await sql`
    create index cancellation_items_outcome on cancellation_items
      (merchant_id, livemode, cancellation_id, outcome, payment_id)
      where outcome is not null`.execute(db)
}
