import { type Kysely, sql } from 'kysely'

/**
 * The books of the sandbox processor. It stands for a system elsewhere: nothing of ours refers to
 * these tables, they refer to nothing of ours, and no transaction touches both.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table sandbox_payments (
      merchant_id text not null,
      payment_id text not null,
      reference text not null unique,
      token text,
      amount integer not null check (amount > 0),
      currency text not null,
      status text not null
        check (status in ('action_required', 'authorized', 'declined', 'captured', 'voided')),
      decline_code text,
      decline_message text,
      action_secret text unique,
      action_url text,
      return_url text not null,
      captured_at timestamptz(0),
      primary key (merchant_id, payment_id),
      check ((status = 'captured') = (captured_at is not null)),
      check ((status = 'declined') = (decline_code is not null))
    )`.execute(db)

  await sql`
    create table sandbox_refunds (
      merchant_id text not null,
      reference text not null,
      payment_id text not null,
      refund_id text not null,
      amount integer not null check (amount > 0),
      decided_at timestamptz(0) not null,
      primary key (merchant_id, reference)
    )`.execute(db)
  await sql`
    create index sandbox_refunds_payment on sandbox_refunds (merchant_id, payment_id)`.execute(db)

  // The first answer to each idempotency key.
  await sql`
    create table sandbox_answers (
      merchant_id text not null,
      idempotency_key text not null,
      answer jsonb not null,
      primary key (merchant_id, idempotency_key)
    )`.execute(db)

  // Whatever really moved, in order: only ever added to.
  await sql`
    create table sandbox_movements (
      position bigint generated always as identity primary key,
      merchant_id text not null,
      payment_id text not null,
      kind text not null check (kind in ('authorize', 'capture', 'void', 'refund')),
      amount integer not null,
      idempotency_key text not null,
      moved_at timestamptz(0) not null
    )`.execute(db)

  // How often a token with a fault has failed so far.
  await sql`
    create table sandbox_faults (
      merchant_id text not null,
      payment_id text not null,
      operation text not null,
      token text not null,
      calls integer not null,
      first_at timestamptz(0) not null,
      primary key (merchant_id, payment_id, operation)
    )`.execute(db)
}
