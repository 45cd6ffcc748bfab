import { type Kysely, sql } from 'kysely'

/**
 * Who did what to keys, processors, endpoints and merchants. Append-only, also for the server: rows
 * are not changed, and go no sooner than 400 days after they came.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  // No foreign key to the merchant: a log outlives what it tells of, and a sign-in may name a key
  // that nobody has. The only index is the key: what one merchant's administrators do is little.
  await sql`
    create table audit_log (
      merchant_id text not null,
      livemode boolean not null,
      id text not null,
      action text not null,
      actor_type text not null
        check (actor_type in ('api_key', 'dashboard', 'operator', 'system', 'unknown')),
      actor_id text,
      target_type text not null,
      target_id text not null,
      details jsonb not null,
      request_id text,
      address text,
      created_at timestamptz(0) not null default now(),
      primary key (merchant_id, livemode, id)
    )`.execute(db)
  await sql`create index audit_log_age on audit_log (created_at)`.execute(db)

  // The age is of the row, and a row cannot be changed to look older than it is.
  await sql`
    create function refuse_audit_change() returns trigger language plpgsql as $$
    begin
      if tg_op = 'DELETE' then
        if old.created_at < now() - interval '400 days' then return old; end if;
      end if;
      raise exception 'the audit log is append-only: nothing is changed, or goes before its time';
    end $$`.execute(db)
  await sql`
    create trigger audit_log_append_only before update or delete on audit_log
      for each row execute function refuse_audit_change()`.execute(db)
  await sql`
    create trigger audit_log_not_truncated before truncate on audit_log
      for each statement execute function refuse_audit_change()`.execute(db)

  await sql`insert into retention_tasks (kind) values ('audit_log')`.execute(db)
}
