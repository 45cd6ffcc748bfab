import { type Kysely, sql } from 'kysely'
import { mayMove, refuseDeletes } from './functions.ts'

/**
 * Payments, and the guards of their lifecycle.
 *
 * Primary keys begin with the merchant and the mode. Every statement is scoped by both, a page of
 * a list is one range of the key, and a distributed engine can place rows by merchant.
 */
export async function createPayments(db: Kysely<unknown>): Promise<void> {
  await payments(db)
  await mandateAcceptances(db)
  await paymentIndexes(db)
  await refuseTransitions(db)
  await refuseChanges(db)
  await refuseDeletes(db, 'payments')
}

async function payments(db: Kysely<unknown>): Promise<void> {
  // No index contains a column that a transition changes, and pages keep free space: the new version of
  // a row stays on its page without touching an index (a HOT update). Half of each page is free,
  // because a bulk cancel writes a second version of every payment on a page before PostgreSQL may
  // remove the first. With 30 % free, half of the new versions went to another page and into every
  // index, and a bulk cancel took twice as long (bench/README.md).
  //
  // `sequence` is the number of the payment's last event, and its version in the ETag.
  // `amount_to_capture` is the part that a request captures. Without a value, it is the whole amount.
  // `captured_amount` is what the processor has taken from the customer.
  // `refunded_amount` is the sum of the refunds that have not failed.
  // `refund_count` counts all refunds, so that a payment without one is shown without a look-up.
  // `disputed`: the payment has a dispute that is not won. It cannot be refunded.
  // `payment_method_token` is the processor's token. It is never a card number.
  // `payment_method_details` is what support may know of the card or account: `PaymentMethodDetails`.
  // `checkout_session_id` is the session whose customer pays. A payment has one or none, for good.
  // `retry_of` is the first payment of a link whose customer pays again after a decline.
  // `next_action_url` is where the customer confirms a pending payment.
  await sql`
    create table payments (
      merchant_id text collate "C" not null references merchants (id),
      livemode boolean not null,
      id text collate "C" not null,
      sequence integer not null check (sequence > 0),
      status text collate "C" not null check (status in ('pending', 'initiated', 'processing',
        'succeeded', 'partially_refunded', 'refunded', 'failed', 'canceled')),
      amount integer not null check (amount between 1 and 99999999),
      currency text collate "C" not null check (currency ~ '^[A-Z]{3}$'),
      payment_method text collate "C" not null check (payment_method in ('card', 'ach', 'crypto')),
      payment_method_token text collate "C",
      payment_method_details jsonb,
      checkout_session_id text collate "C",
      customer_email text collate "C" not null,
      customer_id text collate "C",
      description text,
      statement_descriptor text,
      metadata jsonb not null,
      success_url text,
      cancel_url text,
      url text not null,
      retry_of text collate "C",
      cancel_window integer not null check (cancel_window between 0 and 604800),
      cancelable_until timestamptz(0),
      capture_method text collate "C" not null default 'automatic'
        check (capture_method in ('automatic', 'manual')),
      amount_to_capture integer,
      captured_amount integer not null default 0,
      authorization_expires_at timestamptz(0),
      refunded_amount integer not null default 0,
      refund_count integer not null default 0 check (refund_count >= 0),
      fee integer,
      net_amount integer,
      failure_code text collate "C",
      failure_message text,
      cancellation_reason text,
      canceled_at timestamptz(0),
      disputed boolean not null default false,
      settled_at timestamptz(0),
      processor text collate "C",
      processor_reference text collate "C",
      next_action_url text,
      expires_at timestamptz(0) not null,
      created_at timestamptz(0) not null,
      updated_at timestamptz(0) not null,
      primary key (merchant_id, livemode, id),
      foreign key (merchant_id, livemode, retry_of) references payments (merchant_id, livemode, id),
      check (retry_of < id),
      check (amount_to_capture between 1 and amount),
      check (captured_amount between 0 and amount),
      check (refunded_amount between 0 and captured_amount),
      check (not disputed or captured_amount > 0),
      check ((status = 'canceled') = (canceled_at is not null)),
      check (cancellation_reason is null or status = 'canceled')
    ) with (fillfactor = 50)`.execute(db)
}

async function mandateAcceptances(db: Kysely<unknown>): Promise<void> {
  // Where the customer has accepted that a bank account is debited. A row is deleted as soon as the debit
  // is sent, or will never be: it is personal data, and the processor keeps it from then on.
  await sql`
    create table mandate_acceptances (
      merchant_id text collate "C" not null,
      livemode boolean not null,
      payment_id text collate "C" not null,
      ip_address text collate "C" not null,
      user_agent text collate "C" not null,
      accepted_at timestamptz(0) not null default now(),
      primary key (merchant_id, livemode, payment_id),
      foreign key (merchant_id, livemode, payment_id)
        references payments (merchant_id, livemode, id)
    )`.execute(db)
}

async function paymentIndexes(db: Kysely<unknown>): Promise<void> {
  // E-mail addresses are found in any case: `foldedEmail` of payments/view/payments.sql.ts.
  await sql`
    create index payments_folded_email
      on payments (merchant_id, livemode, lower(customer_email), id)`.execute(db)
  await sql`
    create index payments_customer on payments (merchant_id, livemode, customer_id, id)
      where customer_id is not null`.execute(db)
  await sql`
    create index payments_amount on payments (merchant_id, livemode, amount, id)`.execute(db)
  await sql`
    create index payments_metadata on payments using gin (metadata jsonb_path_ops)
      where metadata <> '{}'`.execute(db)
  await sql`
    create index payments_retries on payments (merchant_id, livemode, retry_of, id)
      where retry_of is not null`.execute(db)
  // Last four digits are written once, with the authorization or its decline.
  await sql`
    create index payments_last_four
      on payments (merchant_id, livemode, ((payment_method_details ->> 'last4') collate "C"), id)
      where payment_method_details is not null`.execute(db)
  await sql`
    create index payments_checkout_session
      on payments (merchant_id, livemode, checkout_session_id, id)
      where checkout_session_id is not null`.execute(db)
  // The link of a hosted page names neither merchant nor mode. An id holds 80 random bits.
  await sql`create index payments_id on payments (id)`.execute(db)
}

/**
 * The database refuses every change of a payment that the lifecycle does not allow. A test compares
 * these pairs of statuses with the table in the contract.
 *
 * These are AFTER triggers because foreign keys give `payments` AFTER triggers anyway, so the old
 * row is read in any case. A BEFORE trigger would lock every row a second time.
 */
async function refuseTransitions(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function refuse_transition() returns trigger language plpgsql as $$
    begin ${mayMove}
      if tg_op = 'INSERT' then
        raise exception 'payment % cannot begin as %', new.id, new.status
          using errcode = 'check_violation', table = tg_table_name, constraint = tg_name;
      end if;
      raise exception 'payment % cannot go from % to %', new.id, old.status, new.status
        using errcode = 'check_violation', table = tg_table_name, constraint = tg_name;
    end $$`.execute(db)
  await sql`
    create trigger payments_first_status after insert on payments
      for each row when (new.status <> 'pending') execute function refuse_transition()`.execute(db)
  await sql`
    create trigger payments_transition after update of status on payments
      for each row when (old.status <> new.status and not (
        old.status = 'pending' and new.status in ('initiated', 'canceled')
        or old.status = 'initiated' and new.status in ('processing', 'failed', 'canceled')
        or old.status = 'processing' and new.status in ('succeeded', 'failed')
        or old.status = 'succeeded' and new.status in ('partially_refunded', 'refunded', 'failed')
        or old.status = 'partially_refunded' and new.status in ('refunded', 'succeeded', 'failed')
        or old.status = 'refunded' and new.status in ('partially_refunded', 'succeeded', 'failed')
      )) execute function refuse_transition()`.execute(db)
}

/** This trigger costs nothing unless a statement names one of its columns. */
async function refuseChanges(db: Kysely<unknown>): Promise<void> {
  await sql`
    create trigger payments_fixed
      after update of merchant_id, livemode, id, amount, currency, created_at on payments
      for each row when (row(old.merchant_id, old.livemode, old.id, old.amount, old.currency,
          old.created_at)
        is distinct from row(new.merchant_id, new.livemode, new.id, new.amount, new.currency,
          new.created_at))
      execute function refuse_change()`.execute(db)
}
