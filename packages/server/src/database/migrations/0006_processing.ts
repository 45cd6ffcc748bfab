import { type Kysely, sql } from 'kysely'

/** What a payment needs to move: its token, calls to the processor, leases of tasks, test clocks. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table payments
      add column payment_method_token text,
      add column next_action_url text`.execute(db)

  // A lease is in real time, whatever a test clock says: it stands for a process that works.
  // `attempts` counts the times a task was taken, and tells one taker from the next.
  await sql`alter table payment_tasks add column leased_until timestamptz`.execute(db)

  await sql`
    create table payment_attempts (
      merchant_id text not null,
      livemode boolean not null,
      payment_id text not null,
      number integer not null check (number > 0),
      kind text not null check (kind in ('authorize', 'capture', 'void', 'refund', 'refund_late_capture',
        'look_up')),
      processor text not null,
      processor_key text not null,
      request_key text,
      actor_type text not null
        check (actor_type in ('api_key', 'system', 'processor', 'customer')),
      actor_id text,
      outcome text check (outcome in ('authorized', 'action_required', 'captured', 'voided',
        'refunded', 'declined', 'undecided', 'absent', 'unknown')),
      code text,
      message text,
      started_at timestamptz(0) not null,
      ended_at timestamptz(0),
      primary key (merchant_id, livemode, payment_id, number),
      foreign key (merchant_id, livemode, payment_id)
        references payments (merchant_id, livemode, id),
      check ((outcome is null) = (ended_at is null))
    )`.execute(db)

  await sql`
    create table test_clocks (
      merchant_id text primary key references merchants (id),
      offset_seconds bigint not null check (offset_seconds >= 0)
    )`.execute(db)
}
