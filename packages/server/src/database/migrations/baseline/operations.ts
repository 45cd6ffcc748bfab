import { type Kysely, sql } from 'kysely'
import { mayMove } from './functions.ts'

/** Tables of the server itself: the audit log, seals, retention, rates, signing keys. */
export async function createOperations(db: Kysely<unknown>): Promise<void> {
  await auditLog(db)
  await refuseAuditChanges(db)
  await seals(db)

  // Tasks that delete old rows, one for each kind of row. The process that works on a task locks it.
  // `reached` is where the next step continues. `failures` counts failed steps in a row.
  await sql`
    create table retention_tasks (
      kind text collate "C" primary key,
      due_at timestamptz(3) not null default now(),
      reached jsonb,
      failures integer not null default 0
    )`.execute(db)
  await sql`
    insert into retention_tasks (kind)
    values ('idempotency_records'), ('webhook_deliveries'), ('cancellation_items'),
      ('dashboard_sessions'), ('rate_counts'), ('audit_log')`.execute(db)

  // Requests of the current minute by caller, added up by all processes. Unlogged: no commit waits
  // for it, and a crash loses one minute's count. The primary key is the only index, so that an
  // update stays on its page.
  await sql`
    create unlogged table rate_counts (
      caller text collate "C" primary key,
      window_start bigint not null,
      count integer not null
    ) with (fillfactor = 50)`.execute(db)

  await cells(db)

  // Keys that the server makes for itself on first use, for example for links of the hosted page.
  await sql`
    create table signing_keys (
      id text collate "C" primary key,
      purpose text collate "C" not null unique,
      secret bytea not null check (length(secret) = 32),
      created_at timestamptz(0) not null
    )`.execute(db)
}

async function cells(db: Kysely<unknown>): Promise<void> {
  // What the servers of this database last started with. `hedge merchants move` reads it on both sides.
  // `encryption_key_ids` name the keys that open stored secrets, for each purpose the current and the previous.
  await sql`
    create table cell (
      id boolean primary key default true check (id),
      public_url text,
      encryption_key_ids text[] collate "C" not null
    )`.execute(db)

  // Merchants that are moving to or from this database, or have moved away. No foreign key: the row of a
  // merchant that comes is written before the merchant.
  //
  // Away: `copying` (all is served), `announced` (requests are refused), `fenced` (the database refuses
  // requests and payment work), `frozen` (it refuses every write), `moved`.
  // Here: `incoming` (only the move writes), `arrived`, or `abandoned`.
  // `position_offset` is added to each position of an event, so that they follow those of the target.
  // They end at `positions_end`. `source_ended` says at the target that the source has ended its part.
  // `attempts_through` is how far the source has counted attempts of webhooks. `compared` has the counts and
  // hashes of the rows of each table at the switch, until `--clean` has compared them with those of the source.
  await sql`
    create table merchant_moves (
      merchant_id text collate "C" primary key,
      move_id text collate "C" not null,
      phase text collate "C" not null check (phase in ('copying', 'announced', 'fenced', 'frozen',
        'moved', 'incoming', 'arrived', 'abandoned')),
      position_offset bigint,
      positions_end bigint,
      attempts_through timestamptz(0),
      compared jsonb,
      other_url text,
      began_at timestamptz(3) not null default now(),
      fenced_at timestamptz(3),
      ended_at timestamptz(3),
      source_ended boolean not null default false
    )`.execute(db)

  // Rows of moving merchants that were written or deleted, by the values of the columns that identify them.
  // The guards write it (`hedge_guard_move`), and the move copies the rows and deletes it.
  await sql`
    create table move_changes (
      merchant_id text collate "C" not null,
      id bigint generated always as identity,
      table_name text collate "C" not null,
      place text[] collate "C" not null,
      primary key (merchant_id, id)
    )`.execute(db)
}

async function seals(db: Kysely<unknown>): Promise<void> {
  // A chain of hashes over the events and ledger transfers of each merchant and mode: `seals/seal.ts`. A
  // seal covers the events behind the seal before it, up to `through_position`. `hash` contains
  // `previous_hash`. `row_hashes` names the row that differs: the position, counted back from
  // `through_position`, and the beginning of the hash of each row, 16 bytes.
  await sql`
    create table seals (
      merchant_id text collate "C" not null references merchants (id),
      livemode boolean not null,
      number bigint not null check (number > 0),
      through_position bigint not null,
      events integer not null check (events > 0),
      transfers integer not null check (transfers >= 0),
      previous_hash bytea not null check (length(previous_hash) = 32),
      hash bytea not null check (length(hash) = 32),
      row_hashes bytea not null check (length(row_hashes) = 16 * (events + transfers)),
      sealed_at timestamptz(0) not null default now(),
      primary key (merchant_id, livemode, number)
    )`.execute(db)
  await sql`
    create trigger seals_append_only before update or delete on seals
      for each row execute function refuse_change()`.execute(db)
  await sql`
    create trigger seals_not_truncated before truncate on seals
      for each statement execute function refuse_change()`.execute(db)
  // How far events are sealed: one row, locked by the process that seals.
  await sql`
    create table seal_progress (
      id boolean primary key default true check (id),
      position bigint not null default 0,
      sealed_at timestamptz(0) not null default '2000-01-01T00:00:00Z'
    )`.execute(db)
  await sql`insert into seal_progress default values`.execute(db)
  // The key that signs exported heads of the chains. `secret` is sealed as other stored secrets are.
  await sql`
    create table head_keys (
      id text collate "C" primary key,
      is_current boolean unique check (is_current),
      public_key text collate "C" not null,
      secret text collate "C" not null,
      created_at timestamptz(0) not null default now()
    )`.execute(db)
}

async function auditLog(db: Kysely<unknown>): Promise<void> {
  // Who did what to keys, processors, endpoints and merchants.
  //
  // No foreign key to the merchant: the log outlives its subject, and a sign-in may name a key that
  // does not exist. The primary key serves all lists, because one merchant's administrators do
  // little. Retention finds old rows by `created_at`.
  await sql`
    create table audit_log (
      merchant_id text collate "C" not null,
      livemode boolean not null,
      id text collate "C" not null,
      action text collate "C" not null,
      actor_type text collate "C" not null
        check (actor_type in ('api_key', 'dashboard', 'operator', 'system', 'unknown')),
      actor_id text collate "C",
      target_type text collate "C" not null,
      target_id text collate "C" not null,
      details jsonb not null,
      request_id text collate "C",
      address text collate "C",
      created_at timestamptz(0) not null default now(),
      primary key (merchant_id, livemode, id)
    )`.execute(db)
  await sql`create index audit_log_age on audit_log (created_at)`.execute(db)
}

async function refuseAuditChanges(db: Kysely<unknown>): Promise<void> {
  // The log is append-only, also for the server: rows never change, and go after 400 days at the
  // earliest. A row cannot be changed to look older than it is.
  await sql`
    create function refuse_audit_change() returns trigger language plpgsql as $$
    begin ${mayMove}
      if tg_op = 'DELETE' then
        if old.created_at < now() - interval '9600 hours' then return old; end if;
      end if;
      raise exception 'the audit log is append-only: nothing is changed, or goes before its time';
    end $$`.execute(db)
  await sql`
    create trigger audit_log_append_only before update or delete on audit_log
      for each row execute function refuse_audit_change()`.execute(db)
  await sql`
    create trigger audit_log_not_truncated before truncate on audit_log
      for each statement execute function refuse_audit_change()`.execute(db)
}
