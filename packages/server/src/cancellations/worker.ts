import { cancellationPaymentsMax } from '@hedgepayments/contract'
import { commit } from '../database/commit.ts'
import type { Db } from '../database/connect.ts'
import type { CancellationRow, Timestamp } from '../database/schema.ts'
import type { Tx } from '../idempotency/once.ts'
import { firstIdAt, madeAtMs } from '../ids.ts'
import { cancelWithoutRows, inTransaction } from '../payments/cancel.sql.ts'
import { toTimestamp } from '../time.ts'
import {
  lockNextCancellation,
  nextItems,
  noteExceptions,
  saveProgress,
  selectItems,
} from './cancellations.sql.ts'

/** Items of one selection: long enough to be quick, short enough to be paused soon. */
const selectedPerStep = 20_000
/**
 * Cancels of one transaction. A single cancel of one of these payments waits for it, so it is kept
 * to some milliseconds.
 */
const canceledPerStep = 500

/**
 * Carries on one open cancellation by one step: a transaction that selects or cancels the next
 * payments and writes how far it is, so that a crash loses nothing and repeats nothing.
 *
 * @returns whether there was anything to do.
 */
export async function stepCancellations(db: Db, now: () => number = Date.now): Promise<boolean> {
  return await commit(db, 'bulk', async (tx) => {
    const row = await lockNextCancellation(tx)
    if (!row) return false
    const at = toTimestamp(now())
    const progress: CancellationRow = {
      ...row,
      status: 'running',
      updated_at: latest(at, row.updated_at),
    }
    await saveProgress(tx, row.selected ? await process(tx, progress) : await select(tx, progress))
    return true
  })
}

function latest(a: Timestamp, b: Timestamp): Timestamp {
  return a > b ? a : b
}

async function select(tx: Tx, row: CancellationRow): Promise<CancellationRow> {
  const room = cancellationPaymentsMax - row.total
  // Payments that came after the request are not what it asked for. Its id knows the millisecond,
  // `created_at` only the second: a payment made right after the answer would be lost by that.
  const before = firstIdAt('payment', madeAtMs(row.id) + 1)
  const limit = Math.min(selectedPerStep, room)
  const chunk = limit > 0 ? await selectItems(tx, { row, before, limit }) : null
  if (!chunk) return { ...row, selected: true }
  return {
    ...row,
    total: row.total + chunk.count,
    selected_through: chunk.through,
    selected: chunk.count < limit || row.total + chunk.count >= cancellationPaymentsMax,
  }
}

async function process(tx: Tx, row: CancellationRow): Promise<CancellationRow> {
  const ids = await nextItems(tx, { row, limit: canceledPerStep })
  const last = ids.at(-1)
  if (last === undefined) {
    return { ...row, status: 'completed', completed_at: row.updated_at }
  }
  const outcomes = await cancelWithoutRows(
    inTransaction(tx),
    ids.map((paymentId) => ({
      merchantId: row.merchant_id,
      livemode: row.livemode,
      paymentId,
      reason: row.reason,
      actorType: 'api_key',
      actorId: row.actor_id,
      versions: null,
      idempotencyKey: null,
      requestHash: null,
      now: row.updated_at,
    })),
  )
  const exceptions = outcomes.flatMap((outcome, i) => {
    const id = ids[i] as string
    if (outcome.kind === 'missing') return { id, outcome: 'not_found' as const, status: null }
    if (outcome.kind === 'refused') {
      return { id, outcome: 'refused' as const, status: outcome.status }
    }
    return []
  })
  await noteExceptions(tx, { cancellationId: row.id, exceptions })
  const refused = exceptions.filter((exception) => exception.outcome === 'refused').length
  const isLast = ids.length < canceledPerStep
  return {
    ...row,
    processed_through: last,
    processed: row.processed + ids.length,
    canceled: row.canceled + ids.length - exceptions.length,
    refused: row.refused + refused,
    not_found: row.not_found + exceptions.length - refused,
    status: isLast ? 'completed' : 'running',
    completed_at: isLast ? row.updated_at : null,
  }
}
