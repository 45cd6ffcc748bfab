import { escapeIdentifier, escapeLiteral } from 'pg'
import type { TableShape } from './shapes.sql.ts'
import { merchantColumnOf, movedTables } from './tables.ts'

/** The values of `TableShape.order` of a row, as texts. */
export type Place = readonly string[]

/** Rows of a merchant between two places in the order of a table. */
interface Range {
  readonly merchantId: string
  /** Exclusive; `null`: from the first row. */
  readonly after: Place | null
  /** Inclusive; `null`: to the last row. */
  readonly through: Place | null
}

/** Some rows of a merchant, by their places. Not each place has a row. */
export interface Places {
  readonly merchantId: string
  readonly places: readonly Place[]
}

/** Rows of a merchant that are compared and copied at once. */
export type Part = Range | Places

/** Selects the rows of a part. COPY takes no parameters, so values are literals. Each has its type: one without has no index. */
export function conditionOf(shape: TableShape, part: Part, alias?: string): string {
  const columns = `(${orderOf(shape, alias)})`
  const isOf = isOfMerchant(shape, part.merchantId, alias)
  if ('places' in part) return `${isOf} and ${isAt(shape, part.places, alias)}`
  const values = (place: Place) => `(${valuesOf(shape, place)})`
  return [
    isOf,
    ...(part.after ? [`${columns} > ${values(part.after)}`] : []),
    ...(part.through ? [`${columns} <= ${values(part.through)}`] : []),
  ].join(' and ')
}

/** Selects the rows at some places. */
export function isAt(shape: TableShape, places: readonly Place[], alias?: string): string {
  if (places.length === 0) return 'false'
  return `(${orderOf(shape, alias)}) in (${rowsOf(shape, places)})`
}

/** The places as rows of a statement. */
export function rowsOf(shape: TableShape, places: readonly Place[]): string {
  return `values ${places.map((place) => `(${valuesOf(shape, place)})`).join(', ')}`
}

/** The columns of the order of a table. */
export function orderOf({ order }: TableShape, alias?: string): string {
  const prefix = alias ? `${alias}.` : ''
  return order.map(({ name }) => `${prefix}${escapeIdentifier(name)}`).join(', ')
}

/** The place of a row, as an array of texts. */
export function placeOf({ order }: TableShape): string {
  return `array[${order.map(({ name }) => `${escapeIdentifier(name)}::text`).join(', ')}]`
}

export function isOfMerchant({ name }: TableShape, merchantId: string, alias?: string): string {
  const column = escapeIdentifier(merchantColumnOf(name))
  return `${alias ? `${alias}.` : ''}${column} = ${escapeLiteral(merchantId)}`
}

/** The columns in a fixed order, with shifted positions, so that both sides hash the same texts. */
export function shiftedColumns({ name, columns }: TableShape, offset: bigint): string {
  const positions = movedTables[name]?.positions ?? []
  return columns
    .map((column) => {
      const quoted = escapeIdentifier(column)
      return positions.includes(column) ? `${quoted} + ${offset}::bigint as ${quoted}` : quoted
    })
    .join(', ')
}

function valuesOf({ order }: TableShape, place: Place): string {
  return order.map(({ type }, n) => `${escapeLiteral(place[n] ?? '')}::${type}`).join(', ')
}
