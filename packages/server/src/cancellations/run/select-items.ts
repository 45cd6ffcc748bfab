import { cancellationPaymentsMax } from '@hedgepayments/contract'
import type { Tx } from '../../database/db.ts'
import type { CancellationRow } from '../../database/schema.ts'
import { accountOf } from '../../domain/account.ts'
import { nextPart } from '../../payments/view/scan.sql.ts'
import { firstIdAfter, insertMatching } from './select-items.sql.ts'

/** Index entries that one statement of a request reads, in some fifty milliseconds. */
const sizeOfRequest = 20_000

/**
 * Selects the payments of the filter among the next `size` entries of an index. The returned row has the
 * id that was reached, whether or not a payment matched, so that the next step continues there.
 */
export async function selectNext(
  tx: Tx,
  { row, size }: { row: CancellationRow; size: number },
): Promise<CancellationRow> {
  const range = { after: row.selected_through, before: firstIdAfter(row) }
  const part = await nextPart(tx, { ...filterOf(row), ...range, size })
  const left = cancellationPaymentsMax - row.total
  const count = left > 0 ? await insertMatching(tx, { row, part, limit: left }) : 0
  return {
    ...row,
    total: row.total + count,
    selected_through: part.through,
    selected: part.isLast || count >= left,
  }
}

/**
 * Selects existing payments whose ids are in the future: the clock of the database was ahead when they were
 * created. The worker could not distinguish them from payments created after the answer, so they are
 * selected in the transaction of the request. Usually none exist.
 *
 * @returns their number.
 */
export async function selectFutureItems(tx: Tx, row: CancellationRow): Promise<number> {
  let count = 0
  const range = { after: firstIdAfter(row), before: null }
  for await (const part of partsOf(tx, { row, ...range })) {
    const left = cancellationPaymentsMax - count
    if (left === 0) break
    count += await insertMatching(tx, { row, part, limit: left })
  }
  return count
}

/** All parts of the payments of a filter, in the order of their ids. */
async function* partsOf(
  tx: Tx,
  scan: { row: CancellationRow; after: string; before: string | null },
) {
  for (let after = scan.after, isLast = false; !isLast; ) {
    const { before, row } = scan
    const part = await nextPart(tx, { ...filterOf(row), after, before, size: sizeOfRequest })
    yield part
    after = part.through
    isLast = part.isLast
  }
}

function filterOf(row: CancellationRow) {
  return { account: accountOf(row), filter: row.filter ?? {} }
}
