import { type RawBuilder, sql } from 'kysely'

/** A column of the entries of a statement: its name, its type in the database, and its values. */
export type EntryColumn<Entry> = readonly [
  name: string,
  type: string,
  value: (entry: Entry) => unknown,
]

/**
 * A statement for many entries, which are its rows `r` with their number `n` from 1 on: each column is one
 * argument, an array. So its text does not depend on their number.
 *
 * @returns SQL text. The arguments begin with `$1`.
 */
export function rowsOfEntries<Entry>(columns: readonly EntryColumn<Entry>[]): string {
  const values = columns.map(([, type], n) => `$${n + 1}::${type}[]`).join(', ')
  return `select * from unnest(${values})
    with ordinality as r (${columns.map(([name]) => name).join(', ')}, n)`
}

/** The arguments of such a statement. */
export function valuesOfEntries<Entry>(
  columns: readonly EntryColumn<Entry>[],
  entries: readonly Entry[],
): unknown[][] {
  return columns.map(([, , value]) => entries.map(value))
}

/**
 * The condition `onNode` (`database/cluster/cluster.ts`) as text, for a statement whose arguments after the
 * columns are the merchant and the mode of all entries.
 */
export function onNodeOfEntries(name: string, columns: readonly unknown[]): string {
  const [merchant, mode] = [columns.length + 1, columns.length + 2]
  return ` and ${name}.merchant_id = $${merchant}::text and ${name}.livemode = $${mode}::boolean`
}

/** The same rows `r` as a fragment of a FROM clause, for a statement whose arguments are in its text. */
export function entryRows<Entry>(
  columns: readonly EntryColumn<Entry>[],
  entries: readonly Entry[],
): RawBuilder<unknown> {
  const arrays = columns.map(([, type, value]) => sql`${entries.map(value)}::${sql.raw(type)}[]`)
  const names = [...columns.map(([name]) => name), 'n'].map((name) => sql.ref(name))
  return sql`unnest(${sql.join(arrays)}) with ordinality as r (${sql.join(names)})`
}
