import { type Kysely, sql } from 'kysely'
import { mayMove, refuseDeletes } from './functions.ts'

/** Refunds, disputes and the ledger. */
export async function createMoney(db: Kysely<unknown>): Promise<void> {
  await refunds(db)
  await disputes(db)
  await processorSweeps(db)
  await ledger(db)
  await ledgerViews(db)
}

async function refunds(db: Kysely<unknown>): Promise<void> {
  // A payment's `refunded_amount` is the sum of its refunds that have not failed, and a check there
  // keeps the sum within the amount.
  //
  // `actor_type` is `processor` for a refund that a person made at the processor. Then
  // `processor_reference`, the processor's id of the refund, is set from the start, and unique: such a
  // refund is recorded once, however often it is found.
  // `attempts` counts calls to the processor.
  // `requested_sequence`, `answered_sequence` and `returned_sequence` are numbers of the payment's
  // events: the request, the processor's answer, and the bank's return of a refund that had been
  // paid. The state of the refund at any event follows from them.
  await sql`
    create table refunds (
      merchant_id text collate "C" not null,
      livemode boolean not null,
      payment_id text collate "C" not null,
      id text collate "C" not null,
      amount integer not null check (amount > 0),
      currency text collate "C" not null,
      status text collate "C" not null check (status in ('pending', 'succeeded', 'failed')),
      actor_type text collate "C" not null check (actor_type in ('api_key', 'system', 'processor')),
      actor_id text collate "C",
      reason text,
      metadata jsonb not null,
      failure_code text collate "C",
      failure_message text,
      processor_reference text collate "C",
      attempts integer not null default 0,
      requested_sequence integer not null,
      answered_sequence integer,
      returned_sequence integer,
      created_at timestamptz(0) not null,
      updated_at timestamptz(0) not null,
      primary key (merchant_id, livemode, payment_id, id),
      unique (merchant_id, livemode, payment_id, requested_sequence),
      foreign key (merchant_id, livemode, payment_id)
        references payments (merchant_id, livemode, id),
      check ((status = 'pending') = (answered_sequence is null)),
      check ((status = 'failed') = (failure_code is not null)),
      check (actor_type <> 'processor' or processor_reference is not null)
    )`.execute(db)
  await refuseDeletes(db, 'refunds')
  await sql`
    create unique index refunds_of_processor
      on refunds (merchant_id, livemode, payment_id, processor_reference)
      where actor_type = 'processor'`.execute(db)
  // The processor answers a refund once. It may report later that a paid refund failed after all.
  await sql`
    create trigger refunds_answered_once after update on refunds
      for each row when (
        old.status <> new.status and not (
          old.status = 'pending' and new.status in ('succeeded', 'failed')
          or old.status = 'succeeded' and new.status = 'failed')
        or row(old.merchant_id, old.livemode, old.payment_id, old.id, old.amount, old.currency,
            old.actor_type, old.actor_id, old.requested_sequence, old.created_at)
          is distinct from row(new.merchant_id, new.livemode, new.payment_id, new.id, new.amount,
            new.currency, new.actor_type, new.actor_id, new.requested_sequence, new.created_at))
      execute function refuse_change()`.execute(db)
  await sql`
    create trigger refunds_texts_kept after update on refunds
      for each row when (row(old.reason, old.metadata) is distinct from row(new.reason, new.metadata))
      execute function refuse_unless_erased('reason', 'metadata', 'failure_message')`.execute(db)
}

async function disputes(db: Kysely<unknown>): Promise<void> {
  // A row is the processor's last report. The ledger has the withdrawn amount and the fee as the row
  // says: each change posts the difference.
  await sql`
    create table disputes (
      merchant_id text collate "C" not null,
      livemode boolean not null,
      id text collate "C" not null,
      payment_id text collate "C" not null,
      processor text collate "C" not null,
      processor_reference text collate "C" not null,
      processor_url text,
      amount integer not null check (amount > 0),
      withdrawn_amount integer not null check (withdrawn_amount >= 0),
      currency text collate "C" not null check (currency ~ '^[A-Z]{3}$'),
      fee integer not null check (fee >= 0),
      status text collate "C" not null
        check (status in ('needs_response', 'under_review', 'won', 'lost')),
      reason text collate "C" not null,
      evidence_due_by timestamptz(0),
      created_at timestamptz(0) not null,
      updated_at timestamptz(0) not null,
      primary key (merchant_id, livemode, id),
      unique (merchant_id, livemode, payment_id, processor_reference),
      foreign key (merchant_id, livemode, payment_id)
        references payments (merchant_id, livemode, id)
    )`.execute(db)
  await refuseDeletes(db, 'disputes')
  await sql`
    create trigger disputes_fixed after update on disputes
      for each row when (row(old.merchant_id, old.livemode, old.id, old.payment_id, old.processor,
          old.processor_reference, old.currency, old.created_at)
        is distinct from row(new.merchant_id, new.livemode, new.id, new.payment_id, new.processor,
          new.processor_reference, new.currency, new.created_at))
      execute function refuse_change()`.execute(db)
}

async function processorSweeps(db: Kysely<unknown>): Promise<void> {
  // Accounts whose processor is asked for new disputes and refunds. `since` and `due_at` are real time, and
  // `tries` counts the searches since the last one that has ended.
  await sql`
    create table processor_sweeps (
      merchant_id text collate "C" not null references merchants (id),
      livemode boolean not null,
      processor text collate "C" not null,
      subject text collate "C" not null check (subject in ('disputes', 'refunds')),
      since timestamptz(0) not null,
      due_at timestamptz(0) not null,
      tries integer not null default 0,
      primary key (merchant_id, livemode, processor, subject)
    )`.execute(db)
  await sql`create index processor_sweeps_due on processor_sweeps (due_at)`.execute(db)
}

async function ledger(db: Kysely<unknown>): Promise<void> {
  // A row is a transfer: a positive amount leaves one account and arrives in another. So the sum over
  // all accounts is zero by construction, on any engine.
  await sql`
    create table ledger_transfers (
      merchant_id text collate "C" not null,
      livemode boolean not null,
      payment_id text collate "C" not null,
      event_sequence integer not null,
      kind text collate "C" not null check (kind in ('capture', 'fee', 'settlement', 'refund',
        'refund_paid', 'refund_failed', 'dispute', 'dispute_fee', 'dispute_returned',
        'dispute_fee_returned')),
      debit_account text collate "C" not null,
      credit_account text collate "C" not null,
      amount bigint not null check (amount > 0),
      currency text collate "C" not null check (currency ~ '^[A-Z]{3}$'),
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
  // A payment is captured, charged for and settled at most once, whatever the code does.
  await sql`
    create unique index ledger_once on ledger_transfers (merchant_id, livemode, payment_id, kind)
      where kind in ('capture', 'fee', 'settlement')`.execute(db)

  await sql`
    create function refuse_ledger_change() returns trigger language plpgsql as $$
    begin ${mayMove}
      raise exception 'the ledger is append-only: post a transfer that makes up for it';
    end $$`.execute(db)
  await sql`
    create trigger ledger_append_only before update or delete on ledger_transfers
      for each row execute function refuse_ledger_change()`.execute(db)
  await sql`
    create trigger ledger_not_truncated before truncate on ledger_transfers
      for each statement execute function refuse_ledger_change()`.execute(db)
}

async function ledgerViews(db: Kysely<unknown>): Promise<void> {
  // The sums of each account over all transfers whose events are counted (`stats_progress`). The balance
  // is this sum and the transfers of later events: it does not read the history.
  await sql`
    create table ledger_balances (
      merchant_id text collate "C" not null references merchants (id),
      livemode boolean not null,
      account text collate "C" not null check (account in ('processor', 'merchant_pending',
        'merchant_available', 'fees', 'refunds')),
      currency text collate "C" not null,
      balance bigint not null,
      primary key (merchant_id, livemode, account, currency)
    ) with (fillfactor = 50)`.execute(db)
  // The two entries of each transfer. Debits are positive.
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
