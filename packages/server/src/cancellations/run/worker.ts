import { cancellationPaymentsMax } from '@hedgepayments/contract'
import { commit } from '../../database/commit.ts'
import type { Db, Tx } from '../../database/db.ts'
import type { CancellationRow } from '../../database/schema.ts'
import { latest, toTimestamp } from '../../domain/time.ts'
import { runLocked } from '../../jobs/steps.ts'
import { cancelNextItems } from './cancel-items.sql.ts'
import { claimNextCancellation } from './claim.sql.ts'
import { postponeCancellation, saveProgress } from './progress.sql.ts'
import { firstIdAfter, selectItems } from './select-items.sql.ts'
import { nextSetSize, setSizeFirst } from './set-size.ts'

/** Items that one step selects, in some twenty milliseconds. */
const selectedPerStep = 5_000

/** Carries out bulk cancellations. */
export interface CancellationWorker {
  /**
   * Runs one step of an open cancellation: a transaction that selects or cancels the next payments and
   * writes the progress, so that a crash loses and repeats nothing. If the cancellation was paused
   * meanwhile, the step is undone. If the step fails, it is postponed, so that other cancellations
   * run, and its error is thrown.
   *
   * @returns whether a cancellation was due.
   */
  step(): Promise<boolean>
}

/** Thrown to undo a step whose cancellation was paused meanwhile. */
class OvertakenError extends Error {}

/** Creates the worker of this process. */
export function createCancellationWorker(db: Db): CancellationWorker {
  let limit = setSizeFirst
  const run = async (tx: Tx, seen: CancellationRow) => {
    const startedMs = performance.now()
    const begun: CancellationRow = {
      ...seen,
      status: 'running',
      updated_at: latest(toTimestamp(Date.now()), seen.updated_at),
    }
    const row = seen.selected
      ? await cancelNext(tx, { row: begun, limit })
      : await selectNext(tx, begun)
    if (!(await saveProgress(tx, { seen, row }))) throw new OvertakenError()
    if (seen.selected) limit = nextSetSize(limit, performance.now() - startedMs)
  }
  return {
    step: () =>
      runLocked<Tx, CancellationRow>({
        transaction: (work) => commit(db, 'bulk', work).catch(ignoreOvertaken),
        lockNext: claimNextCancellation,
        run,
        postpone: (row, retry) => postponeCancellation(db, row, retry),
      }),
  }
}

/** A step that a pause has overtaken is no failure. Another cancellation may be due. */
function ignoreOvertaken(error: unknown): true {
  if (error instanceof OvertakenError) return true
  throw error
}

/** Selects the next payments of the filter. Returns the row with its progress. */
async function selectNext(tx: Tx, row: CancellationRow): Promise<CancellationRow> {
  const left = cancellationPaymentsMax - row.total
  const range = { row, after: row.selected_through, before: firstIdAfter(row) }
  const limit = Math.min(selectedPerStep, left)
  const chunk = limit > 0 ? await selectItems(tx, { ...range, limit }) : null
  if (!chunk) return { ...row, selected: true }
  return {
    ...row,
    total: row.total + chunk.count,
    selected_through: chunk.through,
    selected: chunk.count < limit || row.total + chunk.count >= cancellationPaymentsMax,
  }
}

/** Cancels the next selected payments. Returns the row with its progress. */
async function cancelNext(
  tx: Tx,
  { row, limit }: { row: CancellationRow; limit: number },
): Promise<CancellationRow> {
  const { taken, last, canceled, refused } = await cancelNextItems(tx, { row, limit })
  const isLast = taken < limit
  return {
    ...row,
    processed_through: last ?? row.processed_through,
    processed: row.processed + taken,
    canceled: row.canceled + canceled,
    refused: row.refused + refused,
    not_found: row.not_found + taken - canceled - refused,
    status: isLast ? 'completed' : 'running',
  }
}
