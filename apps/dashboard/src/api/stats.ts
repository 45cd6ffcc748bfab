import { queryOptions } from '@tanstack/react-query'
import { request, withQuery } from './client.ts'

export type Range = 'day' | 'week' | 'month' | 'quarter'

/** Counts and sums, each series with a value for every step. */
export interface Stats {
  readonly bucket: 'hour' | 'day'
  /** The beginning of each step (UTC); the last one is still running. */
  readonly times: readonly string[]
  /** Since when events wait to be counted; `null`: all are. */
  readonly behind_since: string | null
  /** Up to when webhooks are counted: a minute or two ago. */
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

export const statsQuery = (range: Range) =>
  queryOptions({
    queryKey: ['stats', range],
    queryFn: ({ signal }) =>
      request<Stats>('GET', withQuery('/dashboard/api/stats', { range }), { signal }),
    refetchInterval: 5_000,
    placeholderData: (previous) => previous,
  })
