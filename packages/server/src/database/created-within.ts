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

/** Whether a range has any bound. */
export function isBounded(range: CreatedRange | undefined): range is CreatedRange {
  return range !== undefined && Object.values(range).some((bound) => bound !== undefined)
}

/** Times between which all times of a range are, both inclusive; `null`: no bound. */
export function outerBounds({ gte, gt, lte, lt }: CreatedRange): {
  from: Timestamp | null
  to: Timestamp | null
} {
  const lower = [gte, gt].filter((bound) => bound !== undefined).map((bound) => Date.parse(bound))
  const upper = [lte, lt].filter((bound) => bound !== undefined).map((bound) => Date.parse(bound))
  return {
    from: lower.length > 0 ? toTimestamp(Math.max(...lower)) : null,
    to: upper.length > 0 ? toTimestamp(Math.ceil(Math.min(...upper) / 1000) * 1000) : null,
  }
}

/** Moves a bound between two whole seconds to the second that selects the same rows. */
function rounded(time: string, direction: 'up' | 'down'): Timestamp {
  const ms = Date.parse(time)
  return toTimestamp(direction === 'up' ? Math.ceil(ms / 1000) * 1000 : ms)
}
