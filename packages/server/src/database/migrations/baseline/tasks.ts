import { type Kysely, sql } from 'kysely'
import { refuseDeletes } from './functions.ts'

/** The tasks of payments, and the calls to processors. */
export async function createTasks(db: Kysely<unknown>): Promise<void> {
  await tasks(db)
  await attempts(db)
  await refuseSecondResults(db)
}

async function tasks(db: Kysely<unknown>): Promise<void> {
  // A cancel does not delete tasks that are no longer needed: their worker finds the payment canceled
  // and deletes them.
  //
  // `since` is when the task was first planned: for a capture, when the payment became `processing`.
  // `lease` names the claim of the worker that has the task, until `leased_until` by the database's
  // clock. Every write of that worker checks `lease`.
  // `failures` counts failures in a row and decides the pause before the next attempt.
  // `planned_again`: the task was requested while it was in progress, and runs once more.
  // `waiting_since` is when the task was planned and `failing_since` when its current failures began,
  // both by the merchant's clock, which a test clock may advance.
  // The primary key lists the open payments of an account by kind, newest first: `payments/view/scan.sql.ts`.
  // `attention` is why the payment needs an operator, since `attention_since`. The worker sets it when
  // it postpones the task. The task's end removes it.
  await sql`
    create table payment_tasks (
      merchant_id text collate "C" not null,
      livemode boolean not null,
      payment_id text collate "C" not null,
      kind text collate "C" not null,
      due_at timestamptz(0) not null,
      since timestamptz(0) not null default now(),
      lease text collate "C",
      leased_until timestamptz,
      failures integer not null default 0,
      planned_again boolean not null default false,
      waiting_since timestamptz(0) not null default now(),
      failing_since timestamptz(0),
      attention text collate "C",
      attention_since timestamptz(0),
      primary key (merchant_id, livemode, kind, payment_id),
      foreign key (merchant_id, livemode, payment_id)
        references payments (merchant_id, livemode, id),
      check ((attention is null) = (attention_since is null))
    )`.execute(db)
  await sql`create index payment_tasks_due on payment_tasks (due_at)`.execute(db)
  // Finds due tasks of one kind without reading a million of another.
  await sql`create index payment_tasks_kind on payment_tasks (kind, due_at)`.execute(db)
  // The few tasks whose payments need attention. A transition inserts and deletes tasks without it.
  await sql`
    create index payment_tasks_attention on payment_tasks (merchant_id, livemode, payment_id)
      where attention is not null`.execute(db)
  await sql`
    create index payment_tasks_captures on payment_tasks (since) where kind = 'capture'`.execute(db)
}

async function attempts(db: Kysely<unknown>): Promise<void> {
  // A row is written before its call, and completed when the call has ended.
  //
  // `processor_key` is the idempotency key at the processor, `request_key` that of the request.
  // `submission` is the number of the first call of the request that made this one; null: a worker's
  // call. The highest submission may move the payment. Until `leased_until`, by the database's
  // clock, other requests leave the payment to it.
  // `started_at` is the merchant's time by a server's clock, `began_at` real time by the database's.
  await sql`
    create table payment_attempts (
      merchant_id text collate "C" not null,
      livemode boolean not null,
      payment_id text collate "C" not null,
      number integer not null check (number > 0),
      kind text collate "C" not null check (kind in ('authorize', 'capture', 'void', 'refund',
        'refund_late_capture', 'look_up')),
      processor text collate "C" not null,
      processor_key text collate "C" not null,
      request_key text collate "C",
      actor_type text collate "C" not null
        check (actor_type in ('api_key', 'system', 'processor', 'customer')),
      actor_id text collate "C",
      outcome text collate "C" check (outcome in ('authorized', 'action_required', 'captured',
        'voided', 'refunded', 'declined', 'undecided', 'absent', 'unknown', 'accepted')),
      code text collate "C",
      message text,
      started_at timestamptz(0) not null,
      ended_at timestamptz(0),
      submission integer,
      leased_until timestamptz,
      began_at timestamptz not null default now(),
      primary key (merchant_id, livemode, payment_id, number),
      foreign key (merchant_id, livemode, payment_id)
        references payments (merchant_id, livemode, id),
      check ((outcome is null) = (ended_at is null))
    )`.execute(db)
  // The few calls that have not ended, among all calls.
  await sql`
    create index payment_attempts_open on payment_attempts (started_at)
      where outcome is null`.execute(db)
}

async function refuseSecondResults(db: Kysely<unknown>): Promise<void> {
  await refuseDeletes(db, 'payment_attempts')
  // A call gets its result once. `interrupted` is no result: the call's answer may still come.
  await sql`
    create trigger payment_attempts_ended_once after update on payment_attempts
      for each row when (
        not (old.outcome is null or old.outcome = 'unknown' and old.code = 'interrupted')
        or new.outcome is null
        or row(old.merchant_id, old.livemode, old.payment_id, old.number, old.kind, old.processor,
            old.processor_key, old.request_key, old.actor_type, old.actor_id, old.started_at)
          is distinct from row(new.merchant_id, new.livemode, new.payment_id, new.number, new.kind,
            new.processor, new.processor_key, new.request_key, new.actor_type, new.actor_id,
            new.started_at))
      execute function refuse_unless_erased('message', 'request_key')`.execute(db)
}
