/** Removes the oldest entries of a map until it has at most `sizeMax`. */
export function forgetOldest(map: Map<string, unknown>, sizeMax: number): void {
  for (const oldest of map.keys()) {
    if (map.size <= sizeMax) return
    map.delete(oldest)
  }
}
