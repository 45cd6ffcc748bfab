import { MoveError } from '../cells/move-error.ts'
import type { Database } from '../database/connect.ts'
import { recordMove } from './audit.ts'
import { lockAttemptCounts, shiftAttemptCounts } from './progress/attempts.sql.ts'
import { forgetChanges } from './rows/changes.sql.ts'
import { deleteLast } from './rows/delete.sql.ts'
import { dropGuards } from './rows/guards.sql.ts'
import { isSame } from './rows/measure.sql.ts'
import { findShapes } from './rows/shapes.sql.ts'
import { measureTables } from './rows/sync.ts'
import { beginOwn } from './rows/transactions.sql.ts'
import { endDashboardSessions, hasMerchant } from './sides.sql.ts'
import { type Side, withSide, withSides } from './sides.ts'
import { changePhase, deleteMove, type MoveRow, readMove, saveCompared } from './state.sql.ts'

/** What `undoMove` and `cleanMoved` have done. */
export interface Deleted {
  readonly merchantId: string
  readonly rows: number
}

/**
 * Undoes a move that is not complete: the source serves the merchant again, and the target deletes what was
 * copied. The target decides first, so the move cannot become complete any more.
 *
 * @throws {MoveError} if there is no move between these databases, or it is complete.
 */
export async function undoMove(given: {
  merchantId: string
  source: Database
  target: Database
}): Promise<Deleted> {
  const { merchantId } = given
  return await withSides(given, merchantId, async (sides) => {
    const here = await readMove(sides.source.client, merchantId)
    const there = await readMove(sides.target.client, merchantId)
    requireIncomplete(merchantId, { here, there })
    if (!here && !(await hasMerchant(sides.source.client, merchantId))) {
      const message = `The source does not have the merchant ${merchantId}: --from names another database.`
      throw new MoveError('merchant_not_found', message)
    }
    if (there?.phase === 'incoming') {
      await changePhase(sides.target.client, {
        ...{ merchantId, moveId: there.move_id, from: ['incoming'], to: 'abandoned' },
      })
    }
    if (here && here.move_id === there?.move_id) await serveAgain(sides.source, here)
    await dropGuards(sides.source.client, merchantId)
    await forgetChanges(sides.source.client, merchantId)
    return { merchantId, rows: there ? await deleteRows(sides.target, there) : 0 }
  })
}

/**
 * Deletes the rows of a merchant that has moved away, page by page. Before, it compares them once more with what
 * the target had at the switch.
 *
 * @throws {MoveError} if it has not moved away from the database, the move is not complete, or the rows differ.
 */
export async function cleanMoved(given: {
  merchantId: string
  source: Database
}): Promise<Deleted> {
  const { merchantId, source: database } = given
  return await withSide({ database, name: 'source', merchantId }, async (source) => {
    const here = await readMove(source.client, merchantId)
    if (here?.phase !== 'moved') {
      const message = `${merchantId} has not moved away from the source, so nothing is deleted there.`
      throw new MoveError('not_moved', message)
    }
    await requireCompared(source, here)
    return { merchantId, rows: await deleteRows(source, here) }
  })
}

/**
 * While requests were refused, the move has compared only what had changed. This compares all rows at once: a
 * second proof, by another way, while the rows are still there.
 */
async function requireCompared({ client, reader }: Side, row: MoveRow): Promise<void> {
  if (row.compared === null) return
  const given = { merchantId: row.merchant_id, offset: BigInt(row.position_offset) }
  const tables = (await measureTables(reader, await findShapes(client), given)).tables()
  for (const { name, ...left } of tables) {
    const moved = row.compared.find((table) => table.name === name)
    if (moved && isSame(moved, left)) continue
    const message =
      `The source has ${left.rows} rows in ${name}, and the target had ${moved?.rows ?? 0} at the switch; or their ` +
      'values differ. Nothing is deleted: find out what is missing first.'
    throw new MoveError('rows_differ', message)
  }
  await saveCompared(client, row.merchant_id, null)
}

function requireIncomplete(
  merchantId: string,
  { here, there }: { here: MoveRow | undefined; there: MoveRow | undefined },
): void {
  const isBegun = there?.phase === 'incoming' || there?.phase === 'abandoned'
  if (isBegun && (here === undefined || here.phase === 'arrived' || here.move_id === there.move_id))
    return
  if (there?.phase === 'arrived' && here?.move_id === there.move_id) {
    const message = `${merchantId} has moved: the target serves it. Move it back instead.`
    throw new MoveError('move_complete', message)
  }
  throw new MoveError('not_moved', `No move of ${merchantId} between these databases was begun.`)
}

/** Deletes the row of the move at the source. What a frozen source has not counted is counted. */
async function serveAgain(source: Side, row: MoveRow): Promise<void> {
  const { client } = source
  await beginOwn(client, row.merchant_id)
  if (row.attempts_through !== null) {
    const to = await lockAttemptCounts(client)
    await shiftAttemptCounts(client, {
      ...{ merchantId: row.merchant_id, from: row.attempts_through, to },
    })
  }
  await deleteMove(client, row)
  const details = { move_id: row.move_id }
  await recordMove(source, row.merchant_id, { action: 'merchant.move_undone', details })
  await client.query('commit')
}

/** Deletes all rows of a merchant, those that refer to others first, and then the row of its move. */
async function deleteRows({ client }: Side, row: MoveRow): Promise<number> {
  let rows = 0
  await endDashboardSessions(client, row.merchant_id)
  for (const shape of (await findShapes(client)).reverse()) {
    for (;;) {
      const deleted = await deleteLast(client, shape, row.merchant_id)
      rows += deleted
      if (deleted === 0) break
    }
  }
  await dropGuards(client, row.merchant_id)
  await deleteMove(client, row)
  return rows
}
