import { type Kysely, sql } from 'kysely'

/** Times for ids, from the clock of the database. `lists/ids.sql.ts` explains what they are for. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await timeTexts(db)
  await nextTime(db)
}

const alphabet = sql.lit('0123456789abcdefghjkmnpqrstvwxyz')

/** Positions of the twelve characters, each of five bits, the highest first. */
const shifts = Array.from({ length: 12 }, (_, n) => 55 - 5 * n)

async function timeTexts(db: Kysely<unknown>): Promise<void> {
  // Twelve characters of Crockford's alphabet: ten of milliseconds, as in every id, and two of the
  // microseconds within.
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

  // The text after this one. The last one stays, and so does a text that is none of ours.
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
  // The clock of the database, or the time after the newest row where a clock was ahead. Volatile,
  // so that it sees every row that was committed when it is called.
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
