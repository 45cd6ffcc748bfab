import type { Measure } from './measure.sql.ts'

/** A table of which both sides have the same rows. */
export interface ComparedTable extends Measure {
  readonly name: string
}

/**
 * What both sides have: the counts and the sums of hashes of all rows that were compared, by table. Hashes are
 * added up, so the rows that change are subtracted as they were, and added as they are.
 */
export class Comparison {
  readonly #tables = new Map<string, { rows: number; halves: bigint[] }>()

  add(table: string, measure: Measure): void {
    this.#change(table, measure, 1n)
  }

  subtract(table: string, measure: Measure): void {
    this.#change(table, measure, -1n)
  }

  #change(table: string, { rows, hash }: Measure, sign: 1n | -1n): void {
    const before = this.#tables.get(table) ?? { rows: 0, halves: [0n, 0n] }
    const halves = hash.split('/').map((half, n) => (before.halves[n] ?? 0n) + sign * BigInt(half))
    this.#tables.set(table, { rows: before.rows + Number(sign) * rows, halves })
  }

  /** Adds the tables of another comparison. */
  addAll(other: Comparison): void {
    for (const { name, ...measure } of other.tables()) this.add(name, measure)
  }

  /** The tables, in the order in which they were compared. */
  tables(): ComparedTable[] {
    return [...this.#tables].map(([name, { rows, halves }]) => ({
      name,
      rows,
      hash: halves.join('/'),
    }))
  }
}
