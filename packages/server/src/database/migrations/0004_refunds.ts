import { type Kysely, sql } from 'kysely'

/**
 * Refunds. What was asked for stands here until the processor has answered; `refunded_amount` of
 * the payment holds the sum of those that have not failed, and its CHECK keeps that in the amount.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  // How many there have ever been, so that a payment without any needs no look-up to be shown.
  await sql`
    alter table payments add column refund_count integer not null default 0
      check (refund_count >= 0)`.execute(db)

  // The sequences are those of the payment's events at which it was asked for and answered: what a
  // refund was like at any event follows from them.
  await sql`
    create table refunds (
      merchant_id text not null,
      livemode boolean not null,
      payment_id text not null,
      id text not null,
      amount integer not null check (amount > 0),
      currency text not null,
      status text not null check (status in ('pending', 'succeeded', 'failed')),
      reason text,
      metadata jsonb not null,
      failure_code text,
      failure_message text,
      processor_reference text,
      attempts integer not null default 0,
      requested_sequence integer not null,
      answered_sequence integer,
      created_at timestamptz(0) not null,
      updated_at timestamptz(0) not null,
      primary key (merchant_id, livemode, payment_id, id),
      unique (merchant_id, livemode, payment_id, requested_sequence),
      foreign key (merchant_id, livemode, payment_id)
        references payments (merchant_id, livemode, id),
      check ((status = 'pending') = (answered_sequence is null)),
      check ((status = 'failed') = (failure_code is not null))
    )`.execute(db)
}
