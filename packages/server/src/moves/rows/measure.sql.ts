import { type ClientBase, escapeIdentifier, escapeLiteral, type QueryResult } from 'pg'
import { hashOfRows } from '../../copies/tables.sql.ts'
import {
  conditionOf,
  isOfMerchant,
  orderOf,
  type Part,
  type Place,
  placeOf,
  shiftedColumns,
} from './parts.sql.ts'
import type { TableShape } from './shapes.sql.ts'

/** Rows of a page: some ten milliseconds of work on each side, and a few megabytes. */
export const rowsPerPage = 2_000

/** The number of some rows, and a hash that does not depend on their order. */
export interface Measure {
  readonly rows: number
  /** Two sums of halves of the rows' hashes. */
  readonly hash: string
}

/** Measures the next page, with shifted positions. `last`: its last row; `null`: no more rows follow. */
export async function measurePage(
  client: ClientBase,
  shape: TableShape,
  { merchantId, after, offset }: { merchantId: string; after: Place | null; offset: bigint },
): Promise<Measure & { readonly last: Place | null }> {
  const order = orderOf(shape)
  const { rows } = await client.query<{ count: string; hash: string; last: string[] | null }>(
    `with page as materialized (
       select * from ${escapeIdentifier(shape.name)}
       where ${conditionOf(shape, { merchantId, after, through: null })}
       order by ${order} limit ${rowsPerPage}
     )
     select measured.*, (
       select ${placeOf(shape)} from page order by ${order.replaceAll(',', ' desc,')} desc
       limit 1) as last
     from (${hashOfRows(`select ${shiftedColumns(shape, offset)} from page`)}) measured`,
  )
  const [page] = rows
  const count = Number(page?.count)
  return {
    rows: count,
    hash: page?.hash ?? '',
    last: count < rowsPerPage ? null : (page?.last ?? null),
  }
}

/**
 * Measures the tables in which the merchant has a page of rows at most, by one statement. Other tables are not in
 * the result.
 */
export async function measureSmall(
  client: ClientBase,
  shapes: readonly TableShape[],
  { merchantId, offset }: { merchantId: string; offset: bigint },
): Promise<ReadonlyMap<string, Measure>> {
  const parts = shapes.map((shape) => {
    const rows = `select * from ${escapeIdentifier(shape.name)}
      where ${isOfMerchant(shape, merchantId)} limit ${rowsPerPage + 1}`
    return `select ${escapeLiteral(shape.name)} as name, measured.*
      from (${hashOfRows(`select ${shiftedColumns(shape, offset)} from (${rows}) few`)}) measured`
  })
  const { rows } = await client.query<{ name: string; count: string; hash: string }>(
    parts.join(' union all '),
  )
  const measures = rows.map(({ name, count, hash }) => ({ name, rows: Number(count), hash }))
  return new Map(
    measures.filter(({ rows: count }) => count <= rowsPerPage).map((one) => [one.name, one]),
  )
}

/** Measures the rows of a part, with shifted positions. */
export async function measurePart(
  client: ClientBase,
  shape: TableShape,
  part: Part,
  offset = 0n,
): Promise<Measure> {
  return measureOf(await client.query(hashOfPart(shape, part, offset)))
}

/** The statement of `measurePart`. */
export function hashOfPart(shape: TableShape, part: Part, offset = 0n): string {
  return hashOfRows(
    `select ${shiftedColumns(shape, offset)} from ${escapeIdentifier(shape.name)}
     where ${conditionOf(shape, part)}`,
  )
}

/** The result of a statement that measures. */
export function measureOf({ rows }: QueryResult<{ count: string; hash: string }>): Measure {
  return { rows: Number(rows[0]?.count), hash: rows[0]?.hash ?? '' }
}

/** Whether two measures are those of the same rows. */
export function isSame(a: Measure, b: Measure): boolean {
  return a.rows === b.rows && a.hash === b.hash
}
