import { type Kysely, sql } from 'kysely'

/** Cancellations of many payments, and the result of each payment. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table cancellations (
      merchant_id text not null references merchants (id),
      livemode boolean not null,
      id text not null,
      status text not null check (status in ('pending', 'running', 'paused', 'completed')),
      dry_run boolean not null,
      reason text,
      filter jsonb,
      actor_id text not null,
      selected boolean not null,
      selected_through text not null,
      processed_through text not null,
      total integer not null default 0,
      processed integer not null default 0,
      canceled integer not null default 0,
      refused integer not null default 0,
      not_found integer not null default 0,
      created_at timestamptz(0) not null,
      updated_at timestamptz(0) not null,
      completed_at timestamptz(0),
      primary key (merchant_id, livemode, id),
      check ((status = 'completed') = (completed_at is not null))
    )`.execute(db)
  await sql`
    create index cancellations_open on cancellations (id)
      where status in ('pending', 'running')`.execute(db)

  // Items are worked through in the order of their ids. One that lies behind the cancellation's
  // `processed_through` was canceled unless its row says otherwise, so that the common outcome
  // costs no write.
  await sql`
    create table cancellation_items (
      cancellation_id text not null,
      payment_id text not null,
      outcome text check (outcome in ('refused', 'not_found')),
      current_status text,
      primary key (cancellation_id, payment_id)
    )`.execute(db)
}
