import { randomUUID } from 'node:crypto'
import { MoveError } from '../cells/move-error.ts'
import { recordMove } from './audit.ts'
import { reservePositions } from './progress/reserve.sql.ts'
import { hasKeyOf, hasMerchant, keysOf, sealingKeysOf } from './sides.sql.ts'
import type { Sides } from './sides.ts'
import { insertMove, type MoveRow, readMove } from './state.sql.ts'

/** The rows of a move in both of its databases. */
export interface BegunMove {
  readonly source: MoveRow
  readonly target: MoveRow
}

/**
 * Begins the move of a merchant, or finds the one that was begun. The target's row is written first: from then
 * on, its servers leave the rows of the merchant alone that will come.
 *
 * @throws {MoveError} if the merchant cannot be moved to this target.
 */
export async function beginMove(sides: Sides, merchantId: string): Promise<BegunMove> {
  const { source, target } = sides
  const [there, here] = [
    await readMove(target.client, merchantId),
    await readMove(source.client, merchantId),
  ]
  if (here && here.phase !== 'arrived') {
    if (there && there.move_id === here.move_id)
      return requireNotAbandoned({ source: here, target: there })
    throw otherMove(merchantId, here)
  }
  if (here && !here.source_ended) {
    const message = `The move of ${merchantId} to the source is not finished where it came from. Run that command again first.`
    throw new MoveError('other_move', message)
  }
  if (!(await hasMerchant(source.client, merchantId))) throw notFound(merchantId)
  await checkSecrets(sides, merchantId)
  if (there?.phase === 'incoming') {
    // The command was ended between the two rows.
    return await insertRows(sides, merchantId, there)
  }
  await requireAbsent(sides, { merchantId, hasRow: there !== undefined })
  return await insertRows(sides, merchantId, undefined)
}

async function insertRows(
  { source, target }: Sides,
  merchantId: string,
  there: MoveRow | undefined,
): Promise<BegunMove> {
  const moveId = there?.move_id ?? randomUUID()
  const reserved = there
    ? { offset: BigInt(there.position_offset), end: BigInt(there.positions_end) }
    : await reservePositions({ source: source.client, target: target.client }, merchantId)
  const row = { merchantId, moveId, ...reserved }
  if (!there) await insertMove(target.client, { ...row, phase: 'incoming' })
  await source.client.query('begin')
  await insertMove(source.client, { ...row, phase: 'copying' })
  const details = { move_id: moveId, to: target.publicUrl }
  await recordMove(source, merchantId, { action: 'merchant.move_started', details })
  await source.client.query('commit')
  const begun = {
    source: await readMove(source.client, merchantId),
    target: await readMove(target.client, merchantId),
  }
  if (!begun.source || !begun.target) throw new Error('the rows of the move were not written')
  return { source: begun.source, target: begun.target }
}

async function requireAbsent(
  { source, target }: Sides,
  { merchantId, hasRow }: { merchantId: string; hasRow: boolean },
): Promise<void> {
  if (hasRow || (await hasMerchant(target.client, merchantId))) {
    const message =
      `The target has rows of ${merchantId} already. If it has moved away from there, delete them first: ` +
      'hedge merchants move with --clean.'
    throw new MoveError('merchant_exists', message)
  }
  const keys = await keysOf(source.client, merchantId)
  if (await hasKeyOf(target.client, { merchantId, keys })) {
    const message = `Another merchant of the target has an API key of ${merchantId}. Revoke or replace it first.`
    throw new MoveError('merchant_exists', message)
  }
}

async function checkSecrets({ source, target }: Sides, merchantId: string): Promise<void> {
  const used = await sealingKeysOf(source.client, merchantId)
  const missing = used.filter((id) => !target.encryptionKeyIds.includes(id))
  if (missing.length === 0) return
  const message =
    `Secrets of ${merchantId} are sealed by the encryption key ${missing.join(', ')}, which the servers of the ` +
    'target do not have. Start them with the HEDGE_ENCRYPTION_KEY of the source, or with it as ' +
    'HEDGE_ENCRYPTION_KEY_PREVIOUS.'
  throw new MoveError('other_encryption_key', message)
}

function requireNotAbandoned(begun: BegunMove): BegunMove {
  if (begun.target.phase !== 'abandoned') return begun
  throw new MoveError('other_move', 'The move is being undone. Run the command with --undo first.')
}

function notFound(merchantId: string): MoveError {
  return new MoveError('merchant_not_found', `The source does not have the merchant ${merchantId}.`)
}

function otherMove(merchantId: string, { phase }: MoveRow): MoveError {
  const message =
    phase === 'moved'
      ? `${merchantId} has moved away from the source, to another database than this target.`
      : `${merchantId} is moving from or to the source already, to or from another database than this target.`
  return new MoveError('other_move', message)
}
