import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import type { Account } from '../../domain/account.ts'
import type { Timestamp } from '../../domain/time.ts'

type Db = Kysely<Schema>

export type Bucket = 'hour' | 'day'

/** All steps of a measure in a currency. */
export interface StatsRow {
  readonly measure: string
  readonly currency: string
  /** When a step begins (Unix seconds), and its count and amount. */
  readonly steps: readonly (readonly [seconds: number, count: number, amount: number])[]
}

interface Since {
  readonly account: Account
  readonly since: Timestamp
  readonly bucket: Bucket
}

// Steps come as one JSON text per measure and currency: at ninety days of twenty currencies, seven
// thousand rows of their own took longer to send and to read than to add up.
/** Counts and sums since a moment, by hour or by day (UTC). Reads sums, never payments. */
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

/** The commonest reasons of cancels since a moment. */
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

/** How far the counting is. */
export interface Counted {
  /** When the oldest event was written that is not counted yet; `null`: all are. */
  readonly behind_since: Timestamp | null
  /** Up to when the attempts of webhooks are counted. */
  readonly attempts_through: Timestamp
}

export async function readCounted(db: Db): Promise<Counted> {
  const { rows } = await sql<Counted>`
    select (select created_at from events where position > s.position
      order by position limit 1) as behind_since, s.attempts_through
    from stats_progress s`.execute(db)
  // One row since the first migration of the plots.
  return rows[0] as Counted
}
