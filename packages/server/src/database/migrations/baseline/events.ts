import { type Kysely, sql } from 'kysely'
import { mayMove } from './functions.ts'

/** Events, and the records of idempotency keys. */
export async function createEvents(db: Kysely<unknown>): Promise<void> {
  await events(db)
  await eventHours(db)
  await idempotencyRecords(db)
}

async function events(db: Kysely<unknown>): Promise<void> {
  // The outbox of webhooks and the timeline of payments and endpoints (`subject_id`).
  //
  // `position` orders all events, `sequence` those of one subject.
  // `state` stores the columns of the subject that can change, as of the event. Constant columns are read
  // from the subject, so events are narrow. `state` is null where it follows from the payment: at
  // `created` these columns are empty, and at `canceled` they are final.
  await sql`
    create table events (
      position bigint generated always as identity,
      merchant_id text collate "C" not null,
      livemode boolean not null,
      subject_id text collate "C" not null,
      sequence integer not null check (sequence > 0),
      type text collate "C" not null,
      created_at timestamptz(0) not null,
      actor_type text collate "C" not null
        check (actor_type in ('api_key', 'system', 'processor', 'customer')),
      actor_id text collate "C",
      from_status text collate "C",
      to_status text collate "C",
      reason text,
      state jsonb,
      primary key (merchant_id, livemode, subject_id, sequence)
    )`.execute(db)
  // Unique, so that a sequence that was set back by hand is refused, and no event is lost behind the relay.
  await sql`create unique index events_position on events (position)`.execute(db)
  await sql`
    create index events_newest on events (merchant_id, livemode, position)`.execute(db)
  // Finds events of rare types. The steps of every payment are not in it: they cost no entry, and
  // a list finds them soon.
  await sql`
    create index events_rare on events (merchant_id, livemode, type, position)
      where type not in ('payment.created', 'payment.initiated', 'payment.processing',
        'payment.succeeded', 'payment.settled', 'payment.canceled')`.execute(db)

  await refuseEventChanges(db)
  await sql`
    create trigger events_not_truncated before truncate on events
      for each statement execute function refuse_change()`.execute(db)
}

async function refuseEventChanges(db: Kysely<unknown>): Promise<void> {
  // An event changes only where `hedge erase` erases a customer's data, in a transaction with a setting of
  // its own. Nothing that is sealed is among the erased fields (seals/rows.ts): of `state`, texts, links and
  // the card; of the object in `data`, such as a session, what names the customer.
  await sql`
    create function refuse_event_change() returns trigger language plpgsql as $$
    declare
      fields text[] := '{payment_method_details,failure_message,cancellation_reason,next_action_url}';
      personal text[] := '{customer_email,customer_id,description,statement_descriptor,metadata,
        success_url,cancel_url,payment_method_details,failure_message,cancellation_reason,refunds,
        next_action}';
    begin ${mayMove}
      if tg_op = 'UPDATE' and current_setting('hedge.erasing', true) = 'on'
        and to_jsonb(old) - '{reason,state}'::text[] = to_jsonb(new) - '{reason,state}'::text[]
        and new.reason is null
        and old.state - fields - 'data' is not distinct from new.state - 'data'
        and (old.state -> 'data' is not distinct from new.state -> 'data'
          or (old.state -> 'data') - personal = (new.state -> 'data') - personal
            and new.state #>> '{data,customer_email}' = 'erased@erased.invalid'
            and new.state #> '{data,metadata}' = '{}')
      then
        return new;
      end if;
      raise exception '% of % is refused: its rows are kept as they are', lower(tg_op), tg_table_name
        using errcode = 'check_violation', table = tg_table_name, constraint = tg_name;
    end $$`.execute(db)
  await sql`
    create trigger events_append_only before update or delete on events
      for each row execute function refuse_event_change()`.execute(db)
}

async function eventHours(db: Kysely<unknown>): Promise<void> {
  // Where the events of an hour are, by position, and the payments that were created in it, by id: for
  // lists of a time. Positions and ids follow the commits, and times a merchant's clock, so neither
  // follows from the other. The worker that counts events adds those that it counts (`stats_progress`).
  await sql`
    create table event_hours (
      merchant_id text collate "C" not null references merchants (id),
      livemode boolean not null,
      hour timestamptz(0) not null,
      first_position bigint not null,
      last_position bigint not null,
      first_payment_id text collate "C",
      last_payment_id text collate "C",
      primary key (merchant_id, livemode, hour)
    ) with (fillfactor = 50)`.execute(db)
}

async function idempotencyRecords(db: Kysely<unknown>): Promise<void> {
  // `outcome` says how the first answer is replayed. `stored`: from `http_status` and `body`.
  // `canceled`, `refused`, `stale`: an answer to a cancel, rendered from the payment, which is
  // final, or from `refused_status`. `running`: there is no answer yet. `awaited`: a cancel by key
  // came before the create.
  // `locked_until` and `lease_token` are the lease of the request that works on the key. Each claim
  // takes the next number of the sequence. A sequence never gives a number twice, also when a record
  // is deleted and its key is used again.
  await sql`
    create table idempotency_records (
      merchant_id text collate "C" not null,
      livemode boolean not null,
      key text collate "C" not null,
      operation text collate "C" not null,
      request_hash bytea,
      outcome text collate "C" not null
        check (outcome in ('running', 'stored', 'canceled', 'refused', 'stale', 'awaited')),
      http_status smallint,
      body text,
      payment_id text collate "C",
      event_sequence integer,
      refused_status text collate "C",
      reason text,
      actor_id text collate "C",
      created_at timestamptz(0) not null,
      locked_until timestamptz(0),
      lease_token bigint,
      primary key (merchant_id, livemode, key),
      check (outcome <> 'stored' or (http_status is not null and body is not null))
    )`.execute(db)
  await sql`create sequence idempotency_lease_tokens`.execute(db)
}
