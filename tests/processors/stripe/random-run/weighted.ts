import type { Chance } from '../../../support/chance.ts'

/** A table of things that happen at random: the name of each, and how often it happens. */
export type Weighted<T> = Readonly<Record<string, readonly [weight: number, what: T]>>

/** Draws from a table. */
export function draw<T>(table: Weighted<T>, chance: Chance): { name: string; what: T } {
  const entries = Object.entries(table)
  let left = chance.below(entries.reduce((sum, [, [weight]]) => sum + weight, 0))
  for (const [name, [weight, what]] of entries) {
    left -= weight
    if (left < 0) return { name, what }
  }
  throw new Error('the table is empty')
}
