import { type ClientBase, escapeIdentifier } from 'pg'
import { hashOfRows } from '../../copies/tables.sql.ts'
import { type Measure, measureOf, measurePart, rowsPerPage } from './measure.sql.ts'
import {
  conditionOf,
  isOfMerchant,
  orderOf,
  type Place,
  type Places,
  placeOf,
  rowsOf,
  shiftedColumns,
} from './parts.sql.ts'
import type { TableShape } from './shapes.sql.ts'
import { beginOwn, beginOwnText } from './transactions.sql.ts'

/** The places at which the source, in a snapshot, has no row any more. */
export async function findGone(
  source: ClientBase,
  shape: TableShape,
  { merchantId, places }: Places,
): Promise<Place[]> {
  const columns = shape.order.map(({ name }) => escapeIdentifier(name)).join(', ')
  const { rows } = await source.query<{ place: string[] }>(
    `select ${placeOf(shape)} as place from (${rowsOf(shape, places)}) k (${columns})
     where not exists (select from ${escapeIdentifier(shape.name)} t
       where ${isOfMerchant(shape, merchantId, 't')}
         and (${orderOf(shape, 't')}) = (${orderOf(shape, 'k')}))`,
  )
  return rows.map(({ place }) => place)
}

/** What rows were that are deleted with rows of another table, by their own table. */
export type Cascaded = ReadonlyMap<string, Measure>

/**
 * Measures what PostgreSQL deletes at the target with some rows `t` of a table: those that refer to them with `on delete
 * cascade`.
 */
export async function measureCascades(
  target: ClientBase,
  shape: TableShape,
  condition: string,
): Promise<Cascaded> {
  const cascaded = new Map<string, Measure>()
  const gone = `select from ${escapeIdentifier(shape.name)} t where ${condition}`
  if (shape.cascades.length === 0) return cascaded
  const { rows } = await target.query<{ any: boolean }>(`select exists (${gone}) as any`)
  if (!rows[0]?.any) return cascaded
  for (const child of shape.cascades) {
    const columns = child.parents.find(({ table }) => table === shape.name)?.columns ?? []
    const isChild = columns.map(
      ([own, other]) => `c.${escapeIdentifier(own)} = t.${escapeIdentifier(other)}`,
    )
    const measured = await target.query<{ count: string; hash: string }>(
      hashOfRows(`select ${shiftedColumns(child, 0n)} from ${escapeIdentifier(child.name)} c
        where exists (${gone} and ${isChild.join(' and ')})`),
    )
    cascaded.set(child.name, measureOf(measured))
  }
  return cascaded
}

/** Deletes rows at the target. Returns what they were, and what was deleted with them. */
export async function deletePart(
  target: ClientBase,
  shape: TableShape,
  part: Places,
): Promise<{ before: Measure; cascaded: Cascaded }> {
  await target.query(beginOwnText(part))
  const before = await measurePart(target, shape, part)
  const cascaded = await measureCascades(target, shape, conditionOf(shape, part, 't'))
  await target.query(
    `delete from ${escapeIdentifier(shape.name)} where ${conditionOf(shape, part)}; commit`,
  )
  return { before, cascaded }
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
