import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../database/db.ts'
import type { Account } from '../domain/account.ts'
import type { Timestamp } from '../domain/time.ts'

/** How far a merchant's test clock is ahead, in seconds. */
export async function findClockOffset(db: Db, merchantId: string): Promise<number> {
  const { rows } = await sql<{ offset_seconds: number }>`
    select offset_seconds::integer as offset_seconds from test_clocks
    where merchant_id = ${merchantId}`.execute(db)
  return rows[0]?.offset_seconds ?? 0
}

/**
 * The current time of a merchant and mode, by the database's clock plus the test clock's offset.
 * Workers use the same clock. It is the time of the statement, because the transaction may have
 * waited for a lock since its start.
 */
export async function readDatabaseTime(db: Db, account: Account): Promise<Timestamp> {
  const { rows } = await sql<{ now: Timestamp }>`
    select date_trunc('second', clock_timestamp()) + make_interval(secs => coalesce((
      select offset_seconds from test_clocks
      where merchant_id = ${account.merchantId} and not ${account.livemode}::boolean
    ), 0)) as now`.execute(db)
  if (!rows[0]) throw new Error('the database returned no time')
  return rows[0].now
}

/**
 * The same time as an expression, but of the transaction's start: `clock_timestamp()` is volatile, and
 * distributed engines refuse volatile functions in statements that write rows.
 */
export function merchantTime({ merchantId, livemode }: Account): RawBuilder<Timestamp> {
  return sql<Timestamp>`(date_trunc('second', now()) + make_interval(secs => coalesce((
    select offset_seconds from test_clocks
    where merchant_id = ${merchantId} and not ${livemode}::boolean
  ), 0)))`
}

/** Advances a merchant's test clock. Returns its offset, or `undefined` above `secondsMax`. */
export async function advanceClock(
  db: Db,
  step: { merchantId: string; seconds: number; secondsMax: number },
): Promise<number | undefined> {
  const { rows } = await sql<{ offset_seconds: number }>`
    insert into test_clocks as c (merchant_id, offset_seconds)
    values (${step.merchantId}, ${step.seconds})
    on conflict (merchant_id) do update set offset_seconds = c.offset_seconds + ${step.seconds}
      where c.offset_seconds + ${step.seconds} <= ${step.secondsMax}
    returning offset_seconds::integer as offset_seconds`.execute(db)
  return rows[0]?.offset_seconds
}
