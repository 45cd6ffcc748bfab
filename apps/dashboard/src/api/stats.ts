import { queryOptions } from '@tanstack/react-query'
import { request, withQuery } from './client.ts'

/** How far back the statistics go. */
export type Range = 'day' | 'week' | 'month' | 'quarter'

/** Counts and sums over time. Each series has one value for each entry of `times`. */
export interface Stats {
  readonly bucket: 'hour' | 'day'
  /** The start of each hour or day (UTC). The last one is still running. */
  readonly times: readonly string[]
  /** Time of the oldest event that is not counted yet. `null`: all events are counted. */
  readonly behind_since: string | null
  /** Webhooks are counted up to this time, one or two minutes ago. */
  readonly attempts_through: string
  readonly created: readonly number[]
  readonly succeeded: readonly number[]
  readonly failed: readonly number[]
  readonly canceled: readonly number[]
  /** Minor units, by currency. */
  readonly volume: Readonly<Record<string, readonly number[]>>
  readonly refunded: Readonly<Record<string, readonly number[]>>
  readonly reasons: readonly { readonly reason: string; readonly count: number }[]
  readonly delivered: readonly number[]
  readonly undelivered: readonly number[]
}

/** The statistics of a range, read again every five seconds. */
export const statsQuery = (range: Range) =>
  queryOptions({
    queryKey: ['stats', range],
    queryFn: ({ signal }) =>
      request<Stats>('GET', withQuery('/dashboard/api/stats', { range }), { signal }),
    refetchInterval: 5_000,
    placeholderData: (previous) => previous,
  })
