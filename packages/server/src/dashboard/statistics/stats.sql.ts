import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { Account } from '../../domain/account.ts'
import type { Timestamp } from '../../domain/time.ts'

export type Bucket = 'hour' | 'day'

/** All time steps of one measure in one currency. */
export interface StatsRow {
  readonly measure: string
  readonly currency: string
  /** The start of a step in Unix seconds, its count, and its amount in minor units. */
  readonly steps: readonly (readonly [seconds: number, count: number, amount: number])[]
}

interface Since {
  readonly account: Account
  readonly since: Timestamp
  readonly bucket: Bucket
}

/**
 * Counts and sums since a time, by hour or by day (UTC). It reads sums, never payments.
 *
 * The steps of a measure and currency are one JSON value. Rejected: a row for each step. Ninety days of
 * twenty currencies are seven thousand rows, which took longer to transfer and parse than to sum.
 */
export async function readStats(db: Db, { account, since, bucket }: Since): Promise<StatsRow[]> {
  const summed = {
    hour: sql`
      select hour as bucket, measure, currency, sum(count) as count, sum(amount) as amount
      from hourly_stats
      where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
        and hour >= ${since}::timestamptz
      group by 1, 2, 3`,
    day: sql`
      select day as bucket, measure, currency, count, amount from daily_stats
      where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
        and day >= ${since}::timestamptz`,
  }
  const { rows } = await sql<StatsRow>`
    select measure, currency,
      json_agg(json_build_array(extract(epoch from bucket)::bigint, count, amount)) as steps
    from (${summed[bucket]}) s
    group by 1, 2`.execute(db)
  return rows
}

/** The most frequent cancellation reasons since a time. */
export async function readReasons(
  db: Db,
  { account, since, bucket, limit }: Since & { limit: number },
): Promise<{ reason: string; count: number }[]> {
  const counted = {
    hour: sql`
      select label as reason, count from hourly_stats
      where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
        and hour >= ${since}::timestamptz and measure = 'canceled'`,
    day: sql`
      select reason, count from daily_reasons
      where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
        and day >= ${since}::timestamptz`,
  }
  const { rows } = await sql<{ reason: string; count: number }>`
    select reason, sum(count)::integer as count from (${counted[bucket]}) r
    group by 1 order by 2 desc, 1 limit ${limit}`.execute(db)
  return rows
}

/** The progress of counting. */
export interface Counted {
  /** Time of the oldest event that is not counted yet; `null`: all are counted. */
  readonly behind_since: Timestamp | null
  /** Webhook attempts before this time are counted. */
  readonly attempts_through: Timestamp
}

/** Reads the progress of counting. */
export async function readCounted(db: Db): Promise<Counted> {
  const { rows } = await sql<Counted>`
    select (select created_at from events where position > s.position
      order by position limit 1) as behind_since, s.attempts_through
    from stats_progress s`.execute(db)
  // The table has exactly one row.
  return rows[0] as Counted
}
