import type { Db } from '../../database/db.ts'
import { type Timestamp, toMs, toTimestamp } from '../../domain/time.ts'
import { answer, type Reply } from '../../http/answers/answer.ts'
import { refuseField } from '../../http/answers/refusal.ts'
import type { Auth } from '../../http/request/auth.ts'
import { refuseMissing } from '../../http/scopes.ts'
import { type Bucket, readCounted, readReasons, readStats, type StatsRow } from './stats.sql.ts'

const hourMs = 3_600_000

/** The ranges of a plot, with their time steps. */
const ranges = {
  day: { bucket: 'hour', buckets: 24 },
  week: { bucket: 'day', buckets: 7 },
  month: { bucket: 'day', buckets: 30 },
  quarter: { bucket: 'day', buckets: 90 },
} as const satisfies Record<string, { bucket: Bucket; buckets: number }>

/** Reasons in the plot: as many as fit. */
const reasonsShown = 6

/** Counts and sums for the plots: one series for each measure, with a value for each step. */
export async function readDashboardStats(
  db: Db,
  { auth, range, now }: { auth: Auth; range: string; now: Timestamp },
): Promise<Reply> {
  const forbidden = refuseMissing(['payments:read'], auth)
  if (forbidden) return forbidden
  if (!isRange(range)) return refuseField('range', range, Object.keys(ranges).join(', '))
  const { bucket } = ranges[range]
  const axis = axisOf(range, now)
  const since = toTimestamp(axis.firstMs)
  const [rows, reasons, counted] = await Promise.all([
    readStats(db, { account: auth, since, bucket }),
    readReasons(db, { account: auth, since, bucket, limit: reasonsShown }),
    readCounted(db),
  ])
  const count = (measure: string) => countsOf(rows, axis, measure)
  const money = (measure: string) => moneyOf(rows, axis, measure)
  return answer(200, {
    object: 'dashboard_stats',
    range,
    bucket,
    times: axis.times,
    behind_since: counted.behind_since,
    attempts_through: counted.attempts_through,
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

/** The time steps of a plot. */
interface Axis {
  /** The start of each step, oldest first. The last step has not ended. */
  readonly times: readonly Timestamp[]
  readonly firstMs: number
  readonly stepMs: number
}

function axisOf(range: keyof typeof ranges, now: Timestamp): Axis {
  const { bucket, buckets } = ranges[range]
  const stepMs = bucket === 'hour' ? hourMs : 24 * hourMs
  const lastMs = Math.floor(toMs(now) / stepMs) * stepMs
  const firstMs = lastMs - (buckets - 1) * stepMs
  const times = Array.from({ length: buckets }, (_, i) => toTimestamp(firstMs + i * stepMs))
  return { times, firstMs, stepMs }
}

/** The counts of a measure, added up over all currencies. */
function countsOf(rows: readonly StatsRow[], axis: Axis, measure: string): number[] {
  const counts = emptySteps(axis)
  for (const row of rows) {
    if (row.measure !== measure) continue
    for (const [seconds, count] of row.steps) addTo(counts, axis, { seconds, value: count })
  }
  return counts
}

/** A series of minor units for each currency. Currencies are never added up. */
function moneyOf(rows: readonly StatsRow[], axis: Axis, measure: string): Record<string, number[]> {
  const measured = rows
    .filter((row) => row.measure === measure)
    .sort((a, b) => (a.currency < b.currency ? -1 : 1))
  return Object.fromEntries(
    measured.map(({ currency, steps }) => {
      const amounts = emptySteps(axis)
      for (const [seconds, , amount] of steps) addTo(amounts, axis, { seconds, value: amount })
      return [currency, amounts]
    }),
  )
}

function emptySteps({ times }: Axis): number[] {
  return times.map(() => 0)
}

/** Adds a value to its step. Ignores a time after the last step, from a clock that is ahead. */
function addTo(
  series: number[],
  { firstMs, stepMs }: Axis,
  { seconds, value }: { seconds: number; value: number },
): void {
  const index = Math.floor((seconds * 1000 - firstMs) / stepMs)
  const before = series[index]
  if (before !== undefined) series[index] = before + value
}
