import type { Db } from '../database/connect.ts'
import type { Timestamp } from '../database/schema.ts'
import { answer, type Reply } from '../http/answer.ts'
import type { Auth } from '../http/auth.ts'
import { refuse, refuseField } from '../http/refusal.ts'
import { toMs, toTimestamp } from '../time.ts'
import { type Bucket, oldestUncounted, readReasons, readStats, type StatsRow } from './stats.sql.ts'

const hourMs = 3_600_000

/** What can be plotted: how far back, in which steps. */
const ranges = {
  day: { bucket: 'hour', buckets: 24 },
  week: { bucket: 'day', buckets: 7 },
  month: { bucket: 'day', buckets: 30 },
  quarter: { bucket: 'day', buckets: 90 },
} as const satisfies Record<string, { bucket: Bucket; buckets: number }>

/** As many reasons as a small plot can show. */
const reasonsShown = 6

/** Counts and sums for the plots: a series per measure, with a value for every step. */
export async function readDashboardStats(
  db: Db,
  { auth, range, now }: { auth: Auth; range: string; now: Timestamp },
): Promise<Reply> {
  const scope = 'payments:read'
  if (!auth.scopes.has(scope)) {
    return refuse('insufficient_permissions', `The API key lacks the scope ${scope}.`, {
      required_scope: scope,
      scopes: [...auth.scopes],
    })
  }
  if (!isRange(range)) return refuseField('range', range, Object.keys(ranges).join(', '))
  const { bucket } = ranges[range]
  const times = timesOf(range, now)
  const since = times[0] as Timestamp
  const [rows, reasons, behindSince] = await Promise.all([
    readStats(db, { account: auth, since, bucket }),
    readReasons(db, { account: auth, since, limit: reasonsShown }),
    oldestUncounted(db),
  ])
  const count = (measure: string) => seriesOf(rows, times, { measure })
  const money = (measure: string) => moneyOf(rows, times, measure)
  return answer(200, {
    object: 'dashboard_stats',
    range,
    bucket,
    times,
    behind_since: behindSince,
    created: count('created'),
    succeeded: count('succeeded'),
    failed: count('failed'),
    canceled: count('canceled'),
    volume: money('succeeded'),
    refunded: money('refunded'),
    reasons,
    delivered: count('delivered'),
    undelivered: count('undelivered'),
  })
}

function isRange(range: string): range is keyof typeof ranges {
  return Object.hasOwn(ranges, range)
}

/** The beginning of each step, oldest first; the last one is still running. */
function timesOf(range: keyof typeof ranges, now: Timestamp): Timestamp[] {
  const { bucket, buckets } = ranges[range]
  const stepMs = bucket === 'hour' ? hourMs : 24 * hourMs
  const last = Math.floor(toMs(now) / stepMs) * stepMs
  return Array.from({ length: buckets }, (_, i) => toTimestamp(last - (buckets - 1 - i) * stepMs))
}

function seriesOf(
  rows: readonly StatsRow[],
  times: readonly Timestamp[],
  { measure }: { measure: string },
): number[] {
  const sums = new Map<Timestamp, number>()
  for (const row of rows) {
    if (row.measure === measure)
      sums.set(row.bucket, (sums.get(row.bucket) ?? 0) + Number(row.count))
  }
  return times.map((time) => sums.get(time) ?? 0)
}

/** A series of minor units for each currency: they are never added up. */
function moneyOf(
  rows: readonly StatsRow[],
  times: readonly Timestamp[],
  measure: string,
): Record<string, number[]> {
  const measured = rows.filter((row) => row.measure === measure)
  const currencies = [...new Set(measured.map((row) => row.currency))].sort()
  return Object.fromEntries(
    currencies.map((currency) => {
      const own = new Map(
        measured
          .filter((row) => row.currency === currency)
          .map((row) => [row.bucket, Number(row.amount)]),
      )
      return [currency, times.map((time) => own.get(time) ?? 0)]
    }),
  )
}
