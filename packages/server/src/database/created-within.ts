import { type RawBuilder, sql } from 'kysely'
import { type Timestamp, toTimestamp } from '../domain/time.ts'

/** Bounds of a time, as the client writes them. */
export interface CreatedRange {
  readonly gte?: string
  readonly gt?: string
  readonly lte?: string
  readonly lt?: string
}

/** Conditions that a column of whole seconds lies within a range. */
export function createdWithin(columnName: string, range: CreatedRange = {}): RawBuilder<boolean>[] {
  const column = sql.ref(columnName)
  const { gte, gt, lte, lt } = range
  const conditions: RawBuilder<boolean>[] = []
  if (gte !== undefined) conditions.push(sql`${column} >= ${rounded(gte, 'up')}::timestamptz`)
  if (gt !== undefined) conditions.push(sql`${column} > ${rounded(gt, 'down')}::timestamptz`)
  if (lte !== undefined) conditions.push(sql`${column} <= ${rounded(lte, 'down')}::timestamptz`)
  if (lt !== undefined) conditions.push(sql`${column} < ${rounded(lt, 'up')}::timestamptz`)
  return conditions
}

/** Moves a bound between two whole seconds to the second that selects the same rows. */
function rounded(time: string, direction: 'up' | 'down'): Timestamp {
  const ms = Date.parse(time)
  return toTimestamp(direction === 'up' ? Math.ceil(ms / 1000) * 1000 : ms)
}
