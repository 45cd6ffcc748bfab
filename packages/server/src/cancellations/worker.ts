import { cancellationPaymentsMax } from '@hedgepayments/contract'
import { commit } from '../database/commit.ts'
import type { Db } from '../database/connect.ts'
import { isOwnFailure } from '../database/errors.ts'
import type { CancellationRow } from '../database/schema.ts'
import { latest, toTimestamp } from '../domain/time.ts'
import type { Tx } from '../idempotency/once.ts'
import { retrySeconds } from '../jobs/backoff.ts'
import { cancelNextItems } from './cancel-items.sql.ts'
import {
  lockNextCancellation,
  recordFailure,
  saveProgress,
  selectItems,
} from './cancellations.sql.ts'
import { firstIdAfter } from './create.ts'
import { firstSet, nextLimit } from './set-size.ts'

/** Items of one selection: some twenty milliseconds, as a set of cancels. */
const selectedPerStep = 5_000

/** The worker of this process. */
export interface CancellationWorker {
  /**
   * Carries on one open cancellation by one step: a transaction that selects or cancels the next
   * payments and writes how far it is, so that a crash loses nothing and repeats nothing. A step
   * that fails is thrown, and tried again later: until then the other cancellations go on.
   *
   * @returns whether there was anything to do.
   */
  step(): Promise<boolean>
}

export function createCancellationWorker(db: Db): CancellationWorker {
  let limit = firstSet
  return {
    async step() {
      let taken: CancellationRow | undefined
      const run = async (tx: Tx) => {
        const row = await lockNextCancellation(tx)
        taken = row
        if (!row) return false
        const startedAt = performance.now()
        const progress: CancellationRow = {
          ...row,
          status: 'running',
          updated_at: latest(toTimestamp(Date.now()), row.updated_at),
        }
        if (row.selected) {
          await saveProgress(tx, { seen: row, row: await process(tx, { row: progress, limit }) })
          limit = nextLimit(limit, performance.now() - startedAt)
        } else {
          await saveProgress(tx, { seen: row, row: await select(tx, progress) })
        }
        return true
      }
      try {
        return await commit(db, 'bulk', run)
      } catch (error) {
        if (taken && isOwnFailure(error)) {
          const pauseSeconds = retrySeconds(taken.failures + 1)
          await recordFailure(db, { row: taken, pauseSeconds })
        }
        throw error
      }
    },
  }
}

async function select(tx: Tx, row: CancellationRow): Promise<CancellationRow> {
  const room = cancellationPaymentsMax - row.total
  const range = { row, after: row.selected_through, before: firstIdAfter(row) }
  const limit = Math.min(selectedPerStep, room)
  const chunk = limit > 0 ? await selectItems(tx, { ...range, limit }) : null
  if (!chunk) return { ...row, selected: true }
  return {
    ...row,
    total: row.total + chunk.count,
    selected_through: chunk.through,
    selected: chunk.count < limit || row.total + chunk.count >= cancellationPaymentsMax,
  }
}

async function process(
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
    completed_at: isLast ? row.updated_at : null,
  }
}
