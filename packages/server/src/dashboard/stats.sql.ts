import { type Kysely, sql } from 'kysely'
import type { Schema, Timestamp } from '../database/schema.ts'
import type { Account } from '../http/auth.ts'

type Db = Kysely<Schema>

export type Bucket = 'hour' | 'day'

export interface StatsRow {
  readonly bucket: Timestamp
  readonly measure: string
  readonly currency: string
  /** A bigint, as text. */
  readonly count: string
  readonly amount: string
}

/** Counts and sums since a moment, by hour or by day (UTC). Reads sums, never payments. */
export async function readStats(
  db: Db,
  { account, since, bucket }: { account: Account; since: Timestamp; bucket: Bucket },
): Promise<StatsRow[]> {
  const { rows } = await sql<StatsRow>`
    select date_trunc(${bucket}, hour) as bucket, measure, currency, sum(count)::text as count,
      sum(amount)::text as amount
    from hourly_stats
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
      and hour >= ${since}::timestamptz
    group by 1, 2, 3`.execute(db)
  return rows
}

/** The commonest reasons of cancels since a moment. */
export async function readReasons(
  db: Db,
  { account, since, limit }: { account: Account; since: Timestamp; limit: number },
): Promise<{ reason: string; count: number }[]> {
  const { rows } = await sql<{ reason: string; count: number }>`
    select label as reason, sum(count)::integer as count from hourly_stats
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
      and hour >= ${since}::timestamptz and measure = 'canceled'
    group by 1 order by 2 desc, 1 limit ${limit}`.execute(db)
  return rows
}

/** When the oldest event was written that is not counted yet; `null`: all are. */
export async function oldestUncounted(db: Db): Promise<Timestamp | null> {
  const { rows } = await sql<{ created_at: Timestamp }>`
    select created_at from events where position > (select position from stats_progress)
    order by position limit 1`.execute(db)
  return rows[0]?.created_at ?? null
}
