import { type Kysely, sql } from 'kysely'

/**
 * The locks by which a list knows which ids may still be committed, so that no object ever appears
 * behind a cursor. `lists/ids.sql.ts` explains how inserts and lists use these functions.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function hedge_id_lock(kind text, merchant text, live boolean)
    returns bigint language sql immutable parallel safe as $$
      select hashtextextended(kind || ' ' || merchant || ' ' || live, 24)
    $$`.execute(db)

  // The lock first, then the time: a list that finds no lock has an earlier time than this one.
  await sql`
    create function hedge_claim_time(kind text, merchant text, live boolean)
    returns text language plpgsql volatile as $$
    begin
      perform pg_advisory_xact_lock_shared(hedge_id_lock(kind, merchant, live));
      return hedge_next_time(kind, merchant, live);
    end $$`.execute(db)

  // The time first, then the lock. Its own lock lasts as long as the statement, and is not waited
  // for: it only tells whether there are others.
  await sql`
    create function hedge_read_fence(kind text, merchant text, live boolean,
      out through text, out is_clear boolean)
    language plpgsql volatile as $$
    begin
      through := hedge_next_time(kind, merchant, live);
      is_clear := pg_try_advisory_xact_lock(hedge_id_lock(kind, merchant, live));
    end $$`.execute(db)

  // The transactions that may still commit such an id, with the earliest time it can have.
  await sql`
    create function hedge_id_claims(kind text, merchant text, live boolean)
    returns table (transaction text, since text, age_seconds double precision)
    language sql volatile as $$
      select l.virtualtransaction, hedge_time_text(a.xact_start),
        extract(epoch from clock_timestamp() - a.xact_start)::double precision
      from pg_locks l left join pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'advisory' and l.mode = 'ShareLock' and l.granted and l.objsubid = 1
        and l.database = (select oid from pg_database where datname = current_database())
        and (l.classid::bigint << 32 | l.objid::bigint) = hedge_id_lock(kind, merchant, live)
    $$`.execute(db)
}
