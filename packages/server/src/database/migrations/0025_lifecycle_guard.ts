import { type Kysely, sql } from 'kysely'

/**
 * The database refuses every change of a payment that the lifecycle does not know, whatever the
 * code believes. A test compares the pairs of statuses here with the table in the contract.
 *
 * PostgreSQL evaluates the WHEN clauses itself, so a function runs only where a change is refused.
 * The triggers are AFTER triggers because foreign keys give `payments` such triggers anyway: the
 * old row is read for them already. A BEFORE trigger would lock every row a second time.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function refuse_transition() returns trigger language plpgsql as $$
    begin
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
        or old.status = 'succeeded' and new.status in ('partially_refunded', 'refunded')
        or old.status = 'partially_refunded' and new.status in ('refunded', 'succeeded')
        or old.status = 'refunded' and new.status in ('partially_refunded', 'succeeded')
      )) execute function refuse_transition()`.execute(db)

  // These triggers cost nothing unless a statement names one of the columns.
  await sql`
    create function refuse_change() returns trigger language plpgsql as $$
    begin
      raise exception '% of % is refused: its rows are kept as they are', lower(tg_op), tg_table_name
        using errcode = 'check_violation', table = tg_table_name, constraint = tg_name;
    end $$`.execute(db)
  await sql`
    create trigger payments_fixed
      after update of merchant_id, livemode, id, amount, currency, created_at on payments
      for each row when (row(old.merchant_id, old.livemode, old.id, old.amount, old.currency,
          old.created_at)
        is distinct from row(new.merchant_id, new.livemode, new.id, new.amount, new.currency,
          new.created_at))
      execute function refuse_change()`.execute(db)
  await sql`
    create trigger payments_kept before delete on payments
      for each row execute function refuse_change()`.execute(db)
  await sql`
    create trigger payments_not_truncated before truncate on payments
      for each statement execute function refuse_change()`.execute(db)
}
