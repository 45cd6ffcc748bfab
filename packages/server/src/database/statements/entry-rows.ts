import { type RawBuilder, sql } from 'kysely'

/** A column of the entries of a batch: its name, its type in the database, and its value in an entry. */
export type EntryColumn<Entry> = readonly [
  name: string,
  type: string,
  value: (entry: Entry, n: number) => unknown,
]

/**
 * The entries of a batch as rows `r` of a FROM clause, with the columns and `n`, their number from 1 on. Each column
 * is one parameter, an array, so that the text does not depend on the number of entries.
 */
export function entryRows<Entry>(
  columns: readonly EntryColumn<Entry>[],
  entries: readonly Entry[],
): RawBuilder<unknown> {
  const arrays = columns.map(([, type, value]) => sql`${entries.map(value)}::${sql.raw(type)}[]`)
  const names = [...columns.map(([name]) => name), 'n'].map((name) => sql.ref(name))
  return sql`unnest(${sql.join(arrays)}) with ordinality as r (${sql.join(names)})`
}
