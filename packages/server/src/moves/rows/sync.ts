import type { ClientBase } from 'pg'
import { MoveError } from '../move-error.ts'
import { copyRange, type Measure, measurePage, measureRange } from './pages.sql.ts'
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

/**
 * Compares a table of a merchant on both sides, page by page, by counts and hashes, and copies the pages that
 * differ. Memory and statements are bounded by a page. While the source works, a later round finds what has
 * changed behind this one, deletions included.
 *
 * *Rejected:* a log of changes by triggers. It would find them faster, but not prove that the rest is the same.
 *
 * @param given.isFrozen the source refuses every write, so a copied page must be the same now.
 * @throws {MoveError} if it is not.
 */
export async function syncTable(
  { reader, source, target }: Connections,
  shape: TableShape,
  given: { merchantId: string; offset: bigint; isFrozen: boolean },
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
