import type { SealedRow } from '../../seals/rows.ts'

type StoredRow = Pick<SealedRow, 'position' | 'hash'>

/**
 * The first row in which the present rows differ from those that were sealed, as a phrase for people;
 * `null`: none does.
 */
export function firstDifference(
  sealed: readonly StoredRow[],
  present: readonly SealedRow[],
): string | null {
  for (let n = 0; n < Math.max(sealed.length, present.length); n++) {
    const before = sealed[n]
    const now = present[n]
    if (before && now && areEqual(before, now)) continue
    if (now && isInserted(sealed, present, n)) return `${placeOf(now)} was inserted`
    if (before && isDeleted(sealed, present, n)) {
      return `a row of the event at position ${before.position} was deleted`
    }
    if (now) return `${placeOf(now)} was changed`
  }
  return null
}

function isInserted(sealed: readonly StoredRow[], present: readonly SealedRow[], n: number) {
  const [before, now, next] = [sealed[n], present[n], present[n + 1]]
  if (!before || !now) return now !== undefined
  if (now.position !== before.position) return now.position < before.position
  return next !== undefined && areEqual(before, next)
}

function isDeleted(sealed: readonly StoredRow[], present: readonly SealedRow[], n: number) {
  const [before, now, next] = [sealed[n], present[n], sealed[n + 1]]
  if (!before || !now) return before !== undefined
  if (now.position !== before.position) return before.position < now.position
  return next !== undefined && areEqual(next, now)
}

function areEqual(a: StoredRow, b: StoredRow): boolean {
  return a.position === b.position && a.hash.equals(b.hash)
}

function placeOf({ label, position }: SealedRow): string {
  return `${label} at position ${position}`
}
