import { hashKey, type QueryCache, type QueryKey } from '@tanstack/react-query'

const startedAtMs = new Map<string, number>()
const answeredRequestAtMs = new Map<string, number>()

/**
 * Records when each answered request was sent. TanStack Query knows only when the answer came. On a
 * slow line that is seconds later, and the data may be as old as the request.
 */
export function recordRequestTimes(cache: QueryCache): void {
  cache.subscribe((event) => {
    const { queryHash } = event.query
    if (event.type === 'removed') {
      startedAtMs.delete(queryHash)
      answeredRequestAtMs.delete(queryHash)
    }
    if (event.type !== 'updated') return
    if (event.action.type === 'fetch') startedAtMs.set(queryHash, Date.now())
    if (event.action.type === 'success') {
      answeredRequestAtMs.set(queryHash, startedAtMs.get(queryHash) ?? Date.now())
    }
  })
}

/** When the oldest data of these queries was requested. `null`: none of them has data. */
export function requestedAt(...keys: readonly QueryKey[]): number | null {
  const times = keys
    .map((key) => answeredRequestAtMs.get(hashKey(key)))
    .filter((ms) => ms !== undefined)
  return times.length === 0 ? null : Math.min(...times)
}
