import { type RawBuilder, sql } from 'kysely'
import type { Timestamp } from '../domain/time.ts'
import { toTimestamp } from '../domain/time.ts'

/** Bounds of a time, as a caller writes them. */
export interface CreatedRange {
  readonly gte?: string
  readonly gt?: string
  readonly lte?: string
  readonly lt?: string
}

/** The conditions by which a column of whole seconds lies within a range. */
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

/** Rows hold whole seconds; a bound between two is moved to the one that gives the same rows. */
function rounded(moment: string, direction: 'up' | 'down'): Timestamp {
  const ms = Date.parse(moment)
  return toTimestamp(direction === 'up' ? Math.ceil(ms / 1000) * 1000 : ms)
}
