import type { Logger } from 'pino'
import { commit } from '../../database/commit.ts'
import type { Db, Tx } from '../../database/db.ts'
import { describe } from '../../database/errors.ts'
import type { CancellationRow } from '../../database/schema.ts'
import { latest, toTimestamp } from '../../domain/time.ts'
import { runLocked } from '../../jobs/steps.ts'
import { cancelNextItems } from './cancel-items.sql.ts'
import { claimNextCancellation } from './claim.sql.ts'
import { limitStep, postponeCancellation, saveProgress } from './progress.sql.ts'
import { selectNext } from './select-items.ts'
import { nextSize, scanBounds, setBounds, sizeAfterFailures } from './step-size.ts'

/** Carries out bulk cancellations. */
export interface CancellationWorker {
  /**
   * Runs one step of an open cancellation: a transaction that selects or cancels the next payments and
   * writes the progress, so that a crash loses and repeats nothing. If the cancellation was paused
   * meanwhile, the step is undone. If the step fails, it is logged, and the cancellation is postponed
   * and goes to the end of the queue.
   *
   * @returns whether a cancellation was due.
   * @throws when the database is unavailable.
   */
  step(): Promise<boolean>
}

/** Thrown to undo a step whose cancellation was paused meanwhile. */
class OvertakenError extends Error {}

/** Creates the worker of this process. */
export function createCancellationWorker(db: Db, log: Logger): CancellationWorker {
  const sizes = { scan: scanBounds.first, set: setBounds.first }
  const run = async (tx: Tx, seen: CancellationRow) => {
    const startedMs = performance.now()
    await limitStep(tx)
    const begun: CancellationRow = {
      ...seen,
      status: 'running',
      updated_at: latest(toTimestamp(Date.now()), seen.updated_at),
    }
    const kind = seen.selected ? 'set' : 'scan'
    const size = sizeAfterFailures(sizes[kind], seen.failures)
    const step = { row: begun, size }
    const row = seen.selected ? await cancelNext(tx, step) : await selectNext(tx, step)
    if (!(await saveProgress(tx, { seen, row }))) throw new OvertakenError()
    const bounds = seen.selected ? setBounds : scanBounds
    sizes[kind] = nextSize(bounds, size, performance.now() - startedMs)
  }
  return {
    step: () =>
      runLocked<Tx, CancellationRow>({
        transaction: (work) => commit(db, 'bulk', work).catch(ignoreOvertaken),
        lockNext: claimNextCancellation,
        run,
        postpone: (row, retry) => postponeCancellation(db, row, retry),
        onError: (error, { id, failures }) =>
          log.error(
            { err: describe(error), cancellation_id: id, failures: failures + 1 },
            'step of a bulk cancellation failed',
          ),
      }),
  }
}

/** A step that a pause has overtaken is no failure. Another cancellation may be due. */
function ignoreOvertaken(error: unknown): true {
  if (error instanceof OvertakenError) return true
  throw error
}

/** Cancels the next selected payments. Returns the row with its progress. */
async function cancelNext(
  tx: Tx,
  { row, size }: { row: CancellationRow; size: number },
): Promise<CancellationRow> {
  const { taken, last, canceled, refused } = await cancelNextItems(tx, { row, limit: size })
  const isLast = taken < size
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
