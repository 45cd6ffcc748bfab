import { type Kysely, sql } from 'kysely'

/**
 * The ledger, and the merchants' fees.
 *
 * A row is a transfer: one positive amount that leaves one account and arrives in another. So there
 * are no unbalanced entries to guard against: the sum over all accounts is zero by construction,
 * on any engine. The view shows the two entries of each transfer, debits positive.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table merchants
      add column fee_basis_points integer check (fee_basis_points between 0 and 10000),
      add column fee_fixed_minor integer check (fee_fixed_minor between 0 and 99999999)`.execute(db)

  await sql`
    create table ledger_transfers (
      merchant_id text not null,
      livemode boolean not null,
      payment_id text not null,
      event_sequence integer not null,
      kind text not null check (kind in ('capture', 'fee', 'settlement', 'refund', 'refund_paid',
        'refund_failed')),
      debit_account text not null,
      credit_account text not null,
      amount bigint not null check (amount > 0),
      currency text not null check (currency ~ '^[A-Z]{3}$'),
      created_at timestamptz(0) not null,
      primary key (merchant_id, livemode, payment_id, event_sequence, kind),
      foreign key (merchant_id, livemode, payment_id)
        references payments (merchant_id, livemode, id),
      check (debit_account <> credit_account),
      check (debit_account in ('processor', 'merchant_pending', 'merchant_available', 'fees',
        'refunds')),
      check (credit_account in ('processor', 'merchant_pending', 'merchant_available', 'fees',
        'refunds'))
    )`.execute(db)
  // A payment is captured, charged for and settled once, whatever the code believes.
  await sql`
    create unique index ledger_once on ledger_transfers (merchant_id, livemode, payment_id, kind)
      where kind in ('capture', 'fee', 'settlement')`.execute(db)
  await sql`
    create index ledger_debits on ledger_transfers
      (merchant_id, livemode, debit_account, currency) include (amount)`.execute(db)
  await sql`
    create index ledger_credits on ledger_transfers
      (merchant_id, livemode, credit_account, currency) include (amount)`.execute(db)

  await sql`
    create function refuse_ledger_change() returns trigger language plpgsql as $$
    begin
      raise exception 'the ledger is append-only: post a transfer that makes up for it';
    end $$`.execute(db)
  await sql`
    create trigger ledger_append_only before update or delete on ledger_transfers
      for each row execute function refuse_ledger_change()`.execute(db)
  await sql`
    create trigger ledger_not_truncated before truncate on ledger_transfers
      for each statement execute function refuse_ledger_change()`.execute(db)

  await sql`
    create view ledger_entries as
      select merchant_id, livemode, payment_id, event_sequence, kind, debit_account as account,
        amount, currency, created_at
      from ledger_transfers
      union all
      select merchant_id, livemode, payment_id, event_sequence, kind, credit_account, -amount,
        currency, created_at
      from ledger_transfers`.execute(db)
}
