import { hashKey, type QueryCache, type QueryKey } from '@tanstack/react-query'

const begunAtMs = new Map<string, number>()
const askedAtMs = new Map<string, number>()

/**
 * Notes when the server was asked for each thing that is shown. TanStack Query knows when an answer
 * came, and on a slow line that is seconds later: what it says was true when the question arrived.
 */
export function watchAsking(cache: QueryCache): void {
  cache.subscribe((event) => {
    const { queryHash } = event.query
    if (event.type === 'removed') {
      begunAtMs.delete(queryHash)
      askedAtMs.delete(queryHash)
    }
    if (event.type !== 'updated') return
    if (event.action.type === 'fetch') begunAtMs.set(queryHash, Date.now())
    if (event.action.type === 'success') {
      askedAtMs.set(queryHash, begunAtMs.get(queryHash) ?? Date.now())
    }
  })
}

/** When the server was asked for the oldest of what is shown; `null`: for none of it yet. */
export function askedAt(...keys: readonly QueryKey[]): number | null {
  const times = keys.map((key) => askedAtMs.get(hashKey(key))).filter((ms) => ms !== undefined)
  return times.length === 0 ? null : Math.min(...times)
}
