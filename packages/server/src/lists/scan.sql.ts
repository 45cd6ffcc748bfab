import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { type CreatedRange, outerBounds } from '../database/created-within.ts'
import type { Db } from '../database/db.ts'
import type { Account } from '../domain/account.ts'
import { firstIdAt } from '../domain/ids.ts'
import type { FencedPage } from '../http/request/pagination.ts'

/**
 * Rows that one page reads at most, from the rows that its index finds. A page that has found fewer
 * objects than `limit` ends there, and the next one continues. Ten thousand payments take ten to forty
 * milliseconds.
 */
export const scannedMax = 10_000

/** The same for a source that gives ids only: the row of each of them is looked up. */
const lookedUpMax = 5_000

/** The same for rows that are anywhere in the table: each of them may be a read from the disk. */
const scatteredMax = 2_000

/** A range of ids, both ends exclusive, and how much of it is read. */
export interface ScanRange {
  readonly above: string
  readonly below: string
  readonly descending: boolean
  readonly limit: number
}

/**
 * Rows that may match a filter, in the order of their ids. A source reads an index in its order, so it
 * reads no more than it returns.
 */
export interface Source {
  /** A subquery of at most `range.limit` rows with a column `id`. */
  readonly rows: (range: ScanRange) => RawBuilder<unknown>
  /** Whether the rows have all columns of their table. */
  readonly isWhole: boolean
  /** Whether neighbors in the order of the ids may be anywhere in the table. Default: they are close. */
  readonly isScattered?: boolean
}

/** A page of a list, and where the next one continues. */
export interface ScannedPage<Row> {
  readonly rows: Row[]
  readonly hasMore: boolean
  /** The id of the last row that was read, where the page has ended early; else `null`. */
  readonly nextCursor: string | null
}

/** The ids that may be on a page. */
export function rangeOf(page: FencedPage, limit: number): ScanRange {
  const below = page.after !== null && page.after < page.through ? page.after : page.through
  return { above: page.before ?? '', below, descending: page.before === null, limit }
}

/** The range with the limit of a source. */
export function limited(range: ScanRange, { isScattered = false, isWhole }: Source): ScanRange {
  const max = isScattered ? scatteredMax : isWhole ? scannedMax : lookedUpMax
  return { ...range, limit: Math.min(range.limit, max) }
}

/** The range without the ids outside of the bounds, which are inclusive. */
export function within(
  range: ScanRange,
  { first, last }: { first: string | null; last: string | null },
): ScanRange {
  // A part of an id sorts before the id, and the id with one more character behind it.
  const isHigher = first !== null && first.slice(0, -1) > range.above
  const isLower = last !== null && `${last}0` < range.below
  return {
    ...range,
    above: isHigher ? first.slice(0, -1) : range.above,
    below: isLower ? `${last}0` : range.below,
  }
}

/**
 * The range without the ids that were made before or after some times. Only for kinds whose creation time is
 * the time in the id: deliveries and audit entries. Payments have `readHours`.
 */
export function createdRange(
  kind: 'delivery' | 'auditEntry',
  range: ScanRange,
  created: CreatedRange | undefined,
): ScanRange {
  const { from, to } = outerBounds(created ?? {})
  return within(range, {
    first: from && firstIdAt(kind, Date.parse(from)),
    last: to && firstIdAt(kind, Date.parse(to) + 1_000),
  })
}

/** The order of the rows of a range, whose subquery has a name. */
function orderOf({ descending }: ScanRange, name = 'c'): RawBuilder<unknown> {
  return sql`${sql.ref(`${name}.id`)} ${descending ? sql`desc` : sql`asc`}`
}

/**
 * Reads a page of the rows of a source that match.
 *
 * `limit` inside and outside: PostgreSQL stops as soon as the page is full, and at the limit of the
 * range at the latest. A condition inside would be read past without a limit.
 *
 * @param read selects the rows of a subquery that match, for example by joining their table. `name` is its
 *   name for that subquery, `c` by default.
 */
export async function scanPage<Row extends { id: string }>(
  db: Db,
  scan: {
    source: Source
    page: FencedPage
    range?: ScanRange
    name?: string
    read: (rows: RawBuilder<unknown>) => RawBuilder<unknown>
  },
): Promise<ScannedPage<Row>> {
  const { source, page, read } = scan
  const range = limited(scan.range ?? rangeOf(page, scannedMax), source)
  const found = await sql<Row>`
    ${read(source.rows(range))} order by ${orderOf(range, scan.name)}
    limit ${page.limit + 1}`.execute(db)
  const isFull = found.rows.length > page.limit
  const rows = found.rows.slice(0, page.limit)
  const nextCursor = isFull ? null : await lastScanned(db, { source, range })
  if (page.before !== null) rows.reverse()
  return { rows, hasMore: isFull || nextCursor !== null, nextCursor }
}

/** The id of the last row within the limit of a range; `null`: the range has fewer rows. */
export async function lastScanned(
  db: Db,
  { source, range }: { source: Source; range: ScanRange },
): Promise<string | null> {
  const { rows } = await sql<{ id: string }>`
    select c.id from (${source.rows(range)}) c
    order by ${orderOf(range)} offset ${range.limit - 1} limit 1`.execute(db)
  return rows[0]?.id ?? null
}

/** A condition on the account of a row. */
export function ofAccount({ merchantId, livemode }: Account): RawBuilder<SqlBool> {
  return sql<SqlBool>`merchant_id = ${merchantId} and livemode = ${livemode}`
}

/** The rows of an account in a table with a key of merchant, mode and id. */
export function allRows(table: string, account: Account): Source {
  return {
    isWhole: true,
    rows: ({ above, below, descending, limit }) => sql`
      select * from ${sql.table(table)}
      where ${ofAccount(account)} and id > ${above} and id < ${below}
      order by id ${descending ? sql`desc` : sql`asc`} limit ${limit}`,
  }
}

/**
 * The rows of an account with one value of a column, by an index on merchant, mode, column and id.
 *
 * A comparison of rows instead of an equation: only this index has its order, so the planner has no choice.
 * With an equation, it may read all rows of the account for a value that it believes to be frequent. The
 * equation outside tells the planner that the rows are in the order of their ids.
 */
export function rowsWith(
  table: string,
  account: Account,
  key: { column: RawBuilder<unknown>; value: unknown; isIndexed?: RawBuilder<SqlBool> },
): Source {
  return {
    isWhole: true,
    isScattered: true,
    rows: ({ above, below, descending, limit }) => {
      const direction = descending ? sql`desc` : sql`asc`
      return sql`
        select * from (
          select *, ${key.column} as scan_key from ${sql.table(table)}
          where ${ofAccount(account)} and (${key.column}, id) > (${key.value}, ${above})
            and (${key.column}, id) < (${key.value}, ${below})
            ${key.isIndexed ? sql`and ${key.isIndexed}` : sql``}
          order by ${key.column} ${direction}, id ${direction} limit ${limit}
        ) keyed where scan_key = ${key.value}`
    },
  }
}

/** Reads the rows of a source that meet conditions on their own columns. */
export function whole(
  conditions: readonly RawBuilder<unknown>[],
): (rows: RawBuilder<unknown>) => RawBuilder<unknown> {
  const all = sql.join([sql`true`, ...conditions], sql` and `)
  return (rows) => sql`select c.* from (${rows}) c where ${all}`
}
