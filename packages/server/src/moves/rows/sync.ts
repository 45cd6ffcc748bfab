import type { ClientBase } from 'pg'
import { MoveError } from '../../cells/move-error.ts'
import { copyRange, type Measure, measurePage, measureRange, measureSmall } from './pages.sql.ts'
import type { TableShape } from './shapes.sql.ts'

/** The connections of a copy. */
export interface Connections {
  /** Measures the next page while `source` copies one. */
  readonly reader: ClientBase
  readonly source: ClientBase
  readonly target: ClientBase
}

/** A table that was compared. */
export interface SyncedTable extends Measure {
  readonly name: string
  /** Rows of the pages that differed, and were copied. */
  readonly copied: number
}

/** What a round copies. */
export interface SyncGiven {
  readonly merchantId: string
  /** Is added to positions. */
  readonly offset: bigint
  /** The source refuses every write, so a copied page must be the same now. */
  readonly isFrozen: boolean
}

/**
 * Compares the tables of a merchant on both sides, and copies what differs, as `syncTable` does. Small tables are
 * compared by one statement, because most do not differ, and requests may wait.
 *
 * @throws {MoveError} if a copied page differs.
 */
export async function syncTables(
  connections: Connections,
  shapes: readonly TableShape[],
  given: SyncGiven,
): Promise<SyncedTable[]> {
  const { merchantId } = given
  const [here, there] = await Promise.all([
    measureSmall(connections.reader, shapes, given),
    measureSmall(connections.target, shapes, { merchantId, offset: 0n }),
  ])
  const tables: SyncedTable[] = []
  for (const shape of shapes) {
    const [own, other] = [here.get(shape.name), there.get(shape.name)]
    if (own && other && isSame(own, other)) tables.push({ ...own, name: shape.name, copied: 0 })
    else tables.push(await syncTable(connections, shape, given))
  }
  return tables
}

/**
 * Compares a table of a merchant on both sides, page by page, by counts and hashes, and copies the pages that
 * differ. Memory and statements are bounded by a page. While the source works, a later round finds what has
 * changed behind this one, deletions included.
 *
 * *Rejected:* a log of changes by triggers. It would find them faster, but not prove that the rest is the same.
 *
 * @throws {MoveError} if a copied page differs.
 */
async function syncTable(
  { reader, source, target }: Connections,
  shape: TableShape,
  given: SyncGiven,
): Promise<SyncedTable> {
  const { merchantId, offset } = given
  const sums = [0n, 0n]
  let rows = 0
  let copied = 0
  let after: readonly string[] | null = null
  let next = measurePage(reader, shape, { merchantId, after, offset })
  for (;;) {
    const page = await next
    const range = { merchantId, after, through: page.last }
    if (page.last) next = measurePage(reader, shape, { merchantId, after: page.last, offset })
    // The failure of the next page is reported when it is its turn.
    next.catch(() => undefined)
    if (!isSame(page, await measureRange(target, shape, range))) {
      await copyRange({ source, target }, shape, { range, offset })
      copied += page.rows
      if (given.isFrozen && !isSame(page, await measureRange(target, shape, range))) {
        throw differs(shape.name)
      }
    }
    rows += page.rows
    for (const [n, half] of page.hash.split('/').entries()) sums[n] = (sums[n] ?? 0n) + BigInt(half)
    if (!page.last) return { name: shape.name, rows, hash: sums.join('/'), copied }
    after = page.last
  }
}

function isSame(a: Measure, b: Measure): boolean {
  return a.rows === b.rows && a.hash === b.hash
}

function differs(table: string): MoveError {
  const message =
    `The rows of ${table} differ after the copy, although no server may write them. Another program writes to ` +
    'one of the databases.'
  return new MoveError('rows_differ', message)
}
