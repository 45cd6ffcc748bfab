/**
 * Removes the oldest entries of a map or set until it has at most `sizeMax`. Entries are as old as their
 * insertion: delete an entry before setting it again to make it the newest.
 */
export function forgetOldest(entries: Map<unknown, unknown> | Set<unknown>, sizeMax: number): void {
  for (const oldest of entries.keys()) {
    if (entries.size <= sizeMax) return
    entries.delete(oldest)
  }
}

/** Adds to the count of a key. A count of zero is removed, so that the map has only keys in use. */
export function addCount(counts: Map<string, number>, key: string, change: number): void {
  const count = (counts.get(key) ?? 0) + change
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}
