import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientBase } from 'pg'
import { MoveError } from '../cells/move-error.ts'
import { isLockTimeout } from '../database/errors.ts'
import type { ComparedTable } from './rows/comparison.ts'
import { beginOwn } from './rows/transactions.sql.ts'

/** How far a move is, by the database whose row says so. `operations.ts` of the baseline explains them. */
export type Phase =
  | 'copying'
  | 'announced'
  | 'fenced'
  | 'frozen'
  | 'moved'
  | 'incoming'
  | 'arrived'
  | 'abandoned'

/** The row of a move in one of its databases. */
export interface MoveRow {
  readonly merchant_id: string
  readonly move_id: string
  readonly phase: Phase
  /** Bigints, as texts. */
  readonly position_offset: string
  readonly positions_end: string
  readonly attempts_through: string | null
  readonly fenced_at: string | null
  /** At the source: what both sides had at the switch; `null`: nothing, or it was compared again. */
  readonly compared: readonly ComparedTable[] | null
  /** At the target: whether the source has ended its part too. */
  readonly source_ended: boolean
}

/** The row of a merchant; `undefined`: it does not move, and has not moved. */
export async function readMove(
  client: ClientBase,
  merchantId: string,
): Promise<MoveRow | undefined> {
  const { rows } = await client.query<MoveRow>(
    `select merchant_id, move_id, phase, position_offset::text as position_offset,
       positions_end::text as positions_end, attempts_through::text as attempts_through,
       fenced_at::text as fenced_at, compared, source_ended
     from merchant_moves where merchant_id = $1`,
    [merchantId],
  )
  return rows[0]
}

/**
 * Writes the first row of a move, in the place of one of an earlier move to this database.
 *
 * @throws {MoveError} if there is a row of another move.
 */
export async function insertMove(
  client: ClientBase,
  row: {
    readonly merchantId: string
    readonly moveId: string
    readonly phase: 'copying' | 'incoming'
    readonly offset: bigint
    readonly end: bigint
  },
): Promise<void> {
  const { rowCount } = await client.query(
    `insert into merchant_moves (merchant_id, move_id, phase, position_offset, positions_end)
     values ($1, $2, $3, $4, $5)
     on conflict (merchant_id) do update set move_id = excluded.move_id, phase = excluded.phase,
       position_offset = excluded.position_offset, positions_end = excluded.positions_end,
       attempts_through = null, compared = null, other_url = null, began_at = now(), fenced_at = null, ended_at = null,
       source_ended = false
     where merchant_moves.phase = 'arrived'`,
    [row.merchantId, row.moveId, row.phase, String(row.offset), String(row.end)],
  )
  if (rowCount === 1) return
  throw new MoveError('other_move', `${row.merchantId} is part of another move.`)
}

/** Stores at the source what both sides have; `null`: it is not needed any more. */
export async function saveCompared(
  client: ClientBase,
  merchantId: string,
  tables: readonly ComparedTable[] | null,
): Promise<void> {
  await client.query('update merchant_moves set compared = $2::jsonb where merchant_id = $1', [
    merchantId,
    tables === null ? null : JSON.stringify(tables),
  ])
}

/** Stores at the target that the source has ended its part: another move may begin there. */
export async function endAtTarget(client: ClientBase, moveId: string): Promise<void> {
  await client.query('update merchant_moves set source_ended = true where move_id = $1', [moveId])
}

/** Deletes the row of a move: the merchant is served here, or has no rows here any more. */
export async function deleteMove(client: ClientBase, row: MoveRow): Promise<void> {
  await client.query('delete from merchant_moves where merchant_id = $1 and move_id = $2', [
    row.merchant_id,
    row.move_id,
  ])
}

/** A change of the phase of a move. */
export interface PhaseChange {
  readonly merchantId: string
  readonly moveId: string
  readonly from: readonly Phase[]
  readonly to: Phase
  readonly otherUrl?: string | null
}

/** A writer of the merchant may take so long until it commits. Only its requests wait behind the change. */
const lockMsMax = 1_000
const attemptsMax = 60

/**
 * Changes the phase of a move, with `work` in the same transaction, and is a barrier: afterwards no
 * transaction is left that has written a row of the merchant under the phase before.
 *
 * @throws {MoveError} if the phase is another one.
 */
export async function changePhase(
  client: ClientBase,
  change: PhaseChange,
  work: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  await behindWriters(client, change.merchantId, async () => {
    await work()
    await updatePhase(client, change)
  })
}

/** Waits until no transaction is left that has written a row of the merchant before the phase was what it is. */
export async function passWriters(client: ClientBase, merchantId: string): Promise<void> {
  await behindWriters(client, merchantId, () => Promise.resolve())
}

/** Runs `work` in a transaction that has waited for all writers of the merchant. Later ones wait for it. */
async function behindWriters(
  client: ClientBase,
  merchantId: string,
  work: () => Promise<void>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await beginOwn(client, merchantId)
      await client.query(`set local lock_timeout = ${lockMsMax}`)
      await client.query('select pg_advisory_xact_lock(hedge_move_lock($1))', [merchantId])
      await work()
      await client.query('commit')
      return
    } catch (error) {
      await client.query('rollback')
      if (!isLockTimeout(error) || attempt === attemptsMax) throw error
      await sleep(lockMsMax / 10)
    }
  }
}

async function updatePhase(client: ClientBase, change: PhaseChange): Promise<void> {
  const { merchantId, moveId, from, to, otherUrl = null } = change
  const { rowCount } = await client.query(
    `update merchant_moves set phase = $4, other_url = coalesce($5, other_url),
       fenced_at = case when $4 = 'announced' then now() else fenced_at end,
       ended_at = case when $4 in ('moved', 'arrived') then now() end
     where merchant_id = $1 and move_id = $2 and phase = any($3::text[])`,
    [merchantId, moveId, from, to, otherUrl],
  )
  if (rowCount === 1) return
  throw new MoveError(
    'other_move',
    `The move of ${merchantId} is not ${from.join(' or ')} any more: another command has changed it.`,
  )
}
