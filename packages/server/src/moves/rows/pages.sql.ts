import { pipeline } from 'node:stream/promises'
import { type ClientBase, escapeIdentifier, escapeLiteral } from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { hashOfRows } from '../../copies/tables.sql.ts'
import type { TableShape } from './shapes.sql.ts'
import { merchantColumnOf, movedTables } from './tables.ts'

/** Rows of a page: some ten milliseconds of work on each side, and a few megabytes. */
const rowsPerPage = 2_000

/** The values of `TableShape.order` of a row, as texts. */
export type Place = readonly string[]

/** Rows of a merchant between two places in the order of a table. */
export interface Range {
  readonly merchantId: string
  /** Exclusive; `null`: from the first row. */
  readonly after: Place | null
  /** Inclusive; `null`: to the last row. */
  readonly through: Place | null
}

/** The number of some rows, and a hash that does not depend on their order. */
export interface Measure {
  readonly rows: number
  /** Two sums of halves of the rows' hashes. */
  readonly hash: string
}

/** Measures the next page at the source, with shifted positions. `last`: its last row; `null`: no more rows follow. */
export async function measurePage(
  client: ClientBase,
  shape: TableShape,
  { merchantId, after, offset }: { merchantId: string; after: Place | null; offset: bigint },
): Promise<Measure & { readonly last: Place | null }> {
  const order = shape.order.map(({ name }) => escapeIdentifier(name))
  const place = order.map((name) => `${name}::text`).join(', ')
  const { rows } = await client.query<{ count: string; hash: string; last: string[] | null }>(
    `with page as materialized (
       select * from ${escapeIdentifier(shape.name)}
       where ${conditionOf(shape, { merchantId, after, through: null })}
       order by ${order.join(', ')} limit ${rowsPerPage}
     )
     select measured.*, (
       select array[${place}] from page order by ${order.map((name) => `${name} desc`).join(', ')}
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

/** Measures rows at the target. */
export async function measureRange(
  client: ClientBase,
  shape: TableShape,
  range: Range,
): Promise<Measure> {
  const { rows } = await client.query<{ count: string; hash: string }>(
    hashOfRows(
      `select ${shiftedColumns(shape, 0n)} from ${escapeIdentifier(shape.name)}
       where ${conditionOf(shape, range)}`,
    ),
  )
  return { rows: Number(rows[0]?.count), hash: rows[0]?.hash ?? '' }
}

/**
 * Makes the rows of a range at the target those of the source: one transaction. Rows whose parents the
 * target does not have yet are left out: they were written after the pages of the parents, so a later round
 * finds them.
 */
export async function copyRange(
  { source, target }: { source: ClientBase; target: ClientBase },
  shape: TableShape,
  { range, offset }: { range: Range; offset: bigint },
): Promise<void> {
  const page = escapeIdentifier(`move_page_${shape.name}`)
  const table = escapeIdentifier(shape.name)
  const list = shape.columns.map((name) => escapeIdentifier(name)).join(', ')
  // Few messages, because requests of the merchant may wait for them.
  await target.query(`${beginOwnText(range.merchantId)};
    create temporary table if not exists ${page} (like ${table}) on commit delete rows`)
  await pipeline(
    source.query(
      copyTo(
        `copy (select ${shiftedColumns(shape, offset)} from ${table}
         where ${conditionOf(shape, range)}) to stdout`,
      ),
    ),
    target.query(copyFrom(`copy ${page} (${list}) from stdin`)),
  )
  const isSame = shape.key.map(
    (name) => `p.${escapeIdentifier(name)} = t.${escapeIdentifier(name)}`,
  )
  await target.query(
    `delete from ${table} t where ${conditionOf(shape, range, 't')}
       and not exists (select from ${page} p where ${isSame.join(' and ')});
     insert into ${table} as t (${list}) overriding system value
     select ${list} from ${page} p where ${hasParents(shape)}
     on conflict (${shape.key.map(escapeIdentifier).join(', ')}) do ${updateOf(shape)};
     commit`,
  )
}

/** What an insert does with a row that is there: it writes only what has changed. */
function updateOf(shape: TableShape): string {
  const kept = [...shape.key, ...shape.numbered]
  const rest = shape.columns.filter((name) => !kept.includes(name)).map(escapeIdentifier)
  if (rest.length === 0) return 'nothing'
  return `update set ${rest.map((name) => `${name} = excluded.${name}`).join(', ')}
    where row(${rest.map((name) => `t.${name}`).join(', ')})
      is distinct from row(${rest.map((name) => `excluded.${name}`).join(', ')})`
}

/** Begins a transaction that the guards let pass: that of the move itself. */
export async function beginOwn(client: ClientBase, merchantId: string): Promise<void> {
  await client.query(beginOwnText(merchantId))
}

function beginOwnText(merchantId: string): string {
  return `begin; set local hedge.move = ${escapeLiteral(merchantId)}`
}

/** Deletes the last rows of a merchant, in the reverse order of its pages. Returns their number. */
export async function deleteLast(
  client: ClientBase,
  shape: TableShape,
  merchantId: string,
): Promise<number> {
  const table = escapeIdentifier(shape.name)
  const order = shape.order.map(({ name }) => `${escapeIdentifier(name)} desc`).join(', ')
  await beginOwn(client, merchantId)
  const { rowCount } = await client.query(
    `delete from ${table} where ctid = any(array(
       select ctid from ${table} where ${isOfMerchant(shape, merchantId)}
       order by ${order} limit ${rowsPerPage}))`,
  )
  await client.query('commit')
  return rowCount ?? 0
}

/** COPY takes no parameters, so values are literals. Each has its type: one without has no index. */
function conditionOf(shape: TableShape, range: Range, alias?: string): string {
  const columns = `(${shape.order
    .map(({ name }) => `${alias ? `${alias}.` : ''}${escapeIdentifier(name)}`)
    .join(', ')})`
  const values = (place: Place) =>
    `(${shape.order.map(({ type }, n) => `${escapeLiteral(place[n] ?? '')}::${type}`).join(', ')})`
  return [
    isOfMerchant(shape, range.merchantId, alias),
    ...(range.after ? [`${columns} > ${values(range.after)}`] : []),
    ...(range.through ? [`${columns} <= ${values(range.through)}`] : []),
  ].join(' and ')
}

function isOfMerchant({ name }: TableShape, merchantId: string, alias?: string): string {
  const column = escapeIdentifier(merchantColumnOf(name))
  return `${alias ? `${alias}.` : ''}${column} = ${escapeLiteral(merchantId)}`
}

/** The columns in a fixed order, so that both sides hash the same texts. */
function shiftedColumns({ name, columns }: TableShape, offset: bigint): string {
  const positions = movedTables[name]?.positions ?? []
  return columns
    .map((column) => {
      const quoted = escapeIdentifier(column)
      return positions.includes(column) ? `${quoted} + ${offset}::bigint as ${quoted}` : quoted
    })
    .join(', ')
}

function hasParents({ parents }: TableShape): string {
  const conditions = parents.map(({ table, columns }) => {
    const isNull = columns.map(([own]) => `p.${escapeIdentifier(own)} is null`)
    const isParent = columns.map(
      ([own, other]) => `q.${escapeIdentifier(other)} = p.${escapeIdentifier(own)}`,
    )
    return `(${isNull.join(' or ')} or exists (
       select from ${escapeIdentifier(table)} q where ${isParent.join(' and ')}))`
  })
  return conditions.length === 0 ? 'true' : conditions.join(' and ')
}
