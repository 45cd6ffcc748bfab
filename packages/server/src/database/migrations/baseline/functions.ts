import { type Kysely, sql } from 'kysely'

/** Functions of triggers and statements: refusals, times for ids, and the locks of lists. */
export async function createFunctions(db: Kysely<unknown>): Promise<void> {
  await refusals(db)
  await moveGuards(db)
  await timeTexts(db)
  await nextTime(db)
  await idClaims(db)
}

/**
 * Refuses to delete rows of a table or to truncate it. Only the move of a merchant to another cell is
 * excepted, as by every trigger that refuses (`mayMove`).
 */
export async function refuseDeletes(db: Kysely<unknown>, table: string): Promise<void> {
  await sql`
    create trigger ${sql.id(`${table}_kept`)} before delete on ${sql.table(table)}
      for each row execute function refuse_change()`.execute(db)
  await sql`
    create trigger ${sql.id(`${table}_not_truncated`)} before truncate on ${sql.table(table)}
      for each statement execute function refuse_change()`.execute(db)
}

/**
 * The beginning of a function that refuses changes of rows. The session that moves a merchant between
 * databases names it in `hedge.move`: it copies rows as they are, and deletes those that have moved.
 */
export const mayMove = sql`
      if tg_level = 'ROW' then
        if tg_op = 'INSERT' then
          if current_setting('hedge.move', true) = new.merchant_id then return new; end if;
        elsif current_setting('hedge.move', true) = old.merchant_id then
          if tg_op = 'DELETE' then return old; end if;
          return new;
        end if;
      end if;`

async function refusals(db: Kysely<unknown>): Promise<void> {
  // The trigger's WHEN clause says what is refused. PostgreSQL evaluates it without calling a
  // function, so the function runs only for a refusal.
  await sql`
    create function refuse_change() returns trigger language plpgsql as $$
    begin ${mayMove}
      raise exception '% of % is refused: its rows are kept as they are', lower(tg_op), tg_table_name
        using errcode = 'check_violation', table = tg_table_name, constraint = tg_name;
    end $$`.execute(db)
  await refuseUnlessErased(db)
}

async function refuseUnlessErased(db: Kysely<unknown>): Promise<void> {
  // `hedge erase` erases a customer's data (erasure/). The setting is local to its transaction. Only the
  // named columns change, and only to null or an empty object.
  await sql`
    create function refuse_unless_erased() returns trigger language plpgsql as $$
    declare
      before jsonb := to_jsonb(old);
      after jsonb := to_jsonb(new);
    begin ${mayMove}
      if current_setting('hedge.erasing', true) = 'on' and before - tg_argv = after - tg_argv
        and not exists (
          select from unnest(tg_argv) as erased (name)
          where before -> name <> after -> name
            and after -> name not in ('null'::jsonb, '{}'::jsonb))
      then
        return new;
      end if;
      raise exception '% of % is refused: its rows are kept as they are', lower(tg_op), tg_table_name
        using errcode = 'check_violation', table = tg_table_name, constraint = tg_name;
    end $$`.execute(db)
}

/**
 * The guard of a merchant that moves: a trigger of each of its tables, while it moves. The lock makes it a
 * barrier. A change of the phase waits for every transaction that has written a row of the merchant, and
 * every later writer waits for the change, and then reads it: its statement has an own snapshot.
 *
 * The first argument is the merchant. The second one is `early` where the first fence refuses writes
 * already. It is `late` where the source still derives rows from what it has: deliveries, seals, sums. The
 * others are the columns that identify a row of the merchant. While the source writes, its rows are recorded
 * in `move_changes`, in the same transaction.
 */
async function moveGuards(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function hedge_move_lock(merchant text)
    returns bigint language sql immutable parallel safe as $$
      select hashtextextended('move of ' || merchant, 24)
    $$`.execute(db)
  await sql`
    create function hedge_guard_move() returns trigger language plpgsql as $$
    declare
      merchant constant text := tg_argv[0];
      found_phase text;
    begin
      if current_setting('hedge.move', true) = merchant then return null; end if;
      perform pg_advisory_xact_lock_shared(hedge_move_lock(merchant));
      select m.phase into found_phase from merchant_moves m where m.merchant_id = merchant;
      if found_phase in ('frozen', 'moved', 'incoming', 'abandoned')
        or found_phase = 'fenced' and tg_argv[1] = 'early' then
        raise exception 'merchant % is moving: a write of % is refused', merchant, tg_table_name
          using errcode = 'HM001', table = tg_table_name;
      end if;
      if found_phase in ('copying', 'announced', 'fenced') then
        -- Without duplicates: a row with another key was a row before, and is one now.
        insert into move_changes (merchant_id, table_name, place)
        select distinct merchant, tg_table_name, array(
          select changed.state ->> key.name from unnest(tg_argv[2:]) with ordinality key (name, nth)
          order by key.nth)
        from unnest(array[to_jsonb(old), to_jsonb(new)]) changed (state)
        where changed.state is not null;
      end if;
      return null;
    end $$`.execute(db)
}

const alphabet = sql.lit('0123456789abcdefghjkmnpqrstvwxyz')

/** Positions of the twelve characters, each of five bits, the highest first. */
const shifts = Array.from({ length: 12 }, (_, n) => 55 - 5 * n)

async function timeTexts(db: Kysely<unknown>): Promise<void> {
  // Twelve characters of Crockford's alphabet: ten for the milliseconds, as in every id, and two for
  // the microseconds within the millisecond.
  const characters = shifts.map(
    (shift) => sql`substr(${alphabet}, ((units >> ${sql.lit(shift)}) & 31)::integer + 1, 1)`,
  )
  await sql`
    create function hedge_units_text(units bigint)
    returns text language plpgsql immutable parallel safe as $$
    begin
      return ${sql.join(characters, sql` || `)};
    end $$`.execute(db)

  await sql`
    create function hedge_time_text(at timestamptz)
    returns text language plpgsql immutable parallel safe as $$
    declare
      us bigint := extract(epoch from at) * 1000000;
    begin
      return hedge_units_text(us / 1000 * 1024 + us % 1000);
    end $$`.execute(db)

  // The second of a text of `hedge_time_text`, cut to a whole one.
  await sql`
    create function hedge_text_time(given text)
    returns timestamptz language plpgsql immutable parallel safe as $$
    declare
      ms bigint := 0;
    begin
      for n in 1..10 loop
        ms := ms * 32 + strpos(${alphabet}, substr(given, n, 1)) - 1;
      end loop;
      return to_timestamp(ms / 1000);
    end $$`.execute(db)

  // The text after the given one. The last text, and a text of another form, come back unchanged.
  await sql`
    create function hedge_text_after(given text)
    returns text language plpgsql immutable parallel safe as $$
    declare
      units bigint := 0;
    begin
      if given !~ '^[0-9a-hjkmnp-tv-z]{12}$' or given = repeat('z', 12) then return given; end if;
      for n in 1..12 loop
        units := units * 32 + strpos(${alphabet}, substr(given, n, 1)) - 1;
      end loop;
      return hedge_units_text(units + 1);
    end $$`.execute(db)
}

async function nextTime(db: Kysely<unknown>): Promise<void> {
  const tables = {
    payment: 'payments',
    dispute: 'disputes',
    cancellation: 'cancellations',
    webhookEndpoint: 'webhook_endpoints',
    delivery: 'webhook_deliveries',
    key: 'api_keys',
    auditEntry: 'audit_log',
  }
  const cases = Object.entries(tables).map(
    ([kind, table]) => sql`
        when ${sql.lit(kind)} then select id into last_id from ${sql.id(table)}
          where merchant_id = merchant and livemode = live order by id desc limit 1;`,
  )
  // The time for the next id: the database's clock or, where a clock was ahead, the time after the
  // newest row. Volatile, so that the function sees every row committed before its call.
  await sql`
    create function hedge_next_time(kind text, merchant text, live boolean)
    returns text language plpgsql volatile as $$
    declare
      last_id text;
      last_time text;
      next_time text := hedge_time_text(clock_timestamp());
    begin
      case kind ${sql.join(cases, sql``)}
      end case;
      last_time := substr(last_id, strpos(last_id, '_') + 1, 12);
      if last_time collate "C" >= next_time collate "C" then
        return hedge_text_after(last_time);
      end if;
      return next_time;
    end $$`.execute(db)
}

/**
 * Locks that show a list which ids may still be committed, so that no object appears behind a cursor.
 * `lists/ids.sql.ts` explains how inserts and lists use them.
 */
async function idClaims(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function hedge_id_lock(kind text, merchant text, live boolean)
    returns bigint language sql immutable parallel safe as $$
      select hashtextextended(kind || ' ' || merchant || ' ' || live, 24)
    $$`.execute(db)

  // An insert takes the lock first and the time second: a list that finds no lock has an earlier
  // time than this insert.
  await sql`
    create function hedge_claim_time(kind text, merchant text, live boolean)
    returns text language plpgsql volatile as $$
    begin
      perform pg_advisory_xact_lock_shared(hedge_id_lock(kind, merchant, live));
      return hedge_next_time(kind, merchant, live);
    end $$`.execute(db)

  // A list takes the time first and tries the lock second. It never waits for the lock, and has
  // it for one statement only: the attempt shows whether inserts are in progress.
  await sql`
    create function hedge_read_fence(kind text, merchant text, live boolean,
      out through text, out is_clear boolean)
    language plpgsql volatile as $$
    begin
      through := hedge_next_time(kind, merchant, live);
      is_clear := pg_try_advisory_xact_lock(hedge_id_lock(kind, merchant, live));
    end $$`.execute(db)

  // The transactions that may still commit an id, with the earliest time that id can have.
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
