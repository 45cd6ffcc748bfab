import { type Kysely, sql } from 'kysely'

/**
 * The books of the sandbox processor, which stands for an external system. No foreign key leads from or
 * to these tables, and no transaction writes both them and other tables.
 */
export async function createSandbox(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table sandbox_payments (
      merchant_id text collate "C" not null,
      payment_id text collate "C" not null,
      reference text collate "C" not null,
      token text collate "C",
      amount integer not null check (amount > 0),
      currency text collate "C" not null,
      status text collate "C" not null
        check (status in ('action_required', 'authorized', 'declined', 'captured', 'voided')),
      decline_code text collate "C",
      decline_message text,
      action_secret text collate "C",
      action_url text,
      return_url text not null,
      authorized_until timestamptz(0),
      captured_at timestamptz(0),
      captured_amount integer check (captured_amount between 1 and amount),
      primary key (merchant_id, payment_id),
      unique (merchant_id, reference),
      unique (action_secret, merchant_id),
      check ((status = 'captured') = (captured_at is not null)),
      check ((status = 'captured') = (captured_amount is not null)),
      check ((status = 'declined') = (decline_code is not null))
    )`.execute(db)

  await sql`
    create table sandbox_refunds (
      merchant_id text collate "C" not null,
      reference text collate "C" not null,
      payment_id text collate "C" not null,
      refund_id text collate "C" not null,
      amount integer not null check (amount > 0),
      decided_at timestamptz(0) not null,
      primary key (merchant_id, reference)
    )`.execute(db)
  await sql`
    create index sandbox_refunds_payment on sandbox_refunds (merchant_id, payment_id)`.execute(db)

  // The first answer to each idempotency key.
  await sql`
    create table sandbox_answers (
      merchant_id text collate "C" not null,
      idempotency_key text collate "C" not null,
      answer jsonb not null,
      primary key (merchant_id, idempotency_key)
    )`.execute(db)

  // All money that moved, in order. Rows are only added.
  await sql`
    create table sandbox_movements (
      position bigint generated always as identity,
      merchant_id text collate "C" not null,
      payment_id text collate "C" not null,
      kind text collate "C" not null check (kind in ('authorize', 'capture', 'void', 'refund')),
      amount integer not null,
      idempotency_key text collate "C" not null,
      moved_at timestamptz(0) not null,
      primary key (merchant_id, position)
    )`.execute(db)

  // The number of calls that met the fault of a token, and the time of the first one.
  await sql`
    create table sandbox_faults (
      merchant_id text collate "C" not null,
      payment_id text collate "C" not null,
      operation text collate "C" not null,
      token text collate "C" not null,
      calls integer not null,
      first_at timestamptz(0) not null,
      primary key (merchant_id, payment_id, operation)
    )`.execute(db)

  // Failures that merchants have planned for their next authorizations, oldest first. An authorization
  // deletes the row that it plays.
  await sql`
    create table sandbox_planned_failures (
      merchant_id text collate "C" not null,
      position bigint generated always as identity,
      code text collate "C" not null,
      primary key (merchant_id, position)
    )`.execute(db)
}
