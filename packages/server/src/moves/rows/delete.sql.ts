import { type ClientBase, escapeIdentifier } from 'pg'
import { type Measure, measurePart, rowsPerPage } from './measure.sql.ts'
import {
  conditionOf,
  isOfMerchant,
  orderOf,
  type Place,
  type Places,
  placeOf,
  rowsOf,
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

/** Deletes rows at the target. Returns what they were. */
export async function deletePart(
  target: ClientBase,
  shape: TableShape,
  part: Places,
): Promise<Measure> {
  await target.query(beginOwnText(part))
  const before = await measurePart(target, shape, part)
  await target.query(
    `delete from ${escapeIdentifier(shape.name)} where ${conditionOf(shape, part)}; commit`,
  )
  return before
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
