import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientBase } from 'pg'
import { MoveError } from '../cells/move-error.ts'
import { stoppedReadMs } from '../cells/stopped-merchants.ts'
import type { Database } from '../database/connect.ts'
import { type BegunMove, beginMove } from './begin.ts'
import {
  clearAttemptCounts,
  lockAttemptCounts,
  saveAttemptCounts,
  shiftAttemptCounts,
} from './progress/attempts.sql.ts'
import { finishEvents, passReserved } from './progress/progress.ts'
import { lastPositionOf, raiseSequences } from './progress/reserve.sql.ts'
import { addGuards, dropGuards } from './rows/guards.sql.ts'
import { findShapes, type TableShape } from './rows/shapes.sql.ts'
import { type SyncedTable, syncTables } from './rows/sync.ts'
import { movedTables } from './rows/tables.ts'
import { type Sides, withSides } from './sides.ts'
import { changePhase, endAtTarget, type MoveRow, readMove } from './state.sql.ts'

/** What happens while a merchant moves. */
export interface MoveProgress {
  /** A sentence for people. */
  readonly onStep: (step: string) => void
}

/** A merchant that has moved. */
export interface Moved {
  readonly merchantId: string
  /** The tables that have rows, with counts and hashes that are the same on both sides. */
  readonly tables: readonly SyncedTable[]
  /** How long requests of the merchant were refused, in milliseconds. */
  readonly refusedMs: number
  /** The address of the target; `null`: its servers do not know theirs. */
  readonly apiUrl: string | null
}

/** The relay of the target may have to wait for an open transaction. Requests do not. */
const passMsMax = 600_000
/** While requests are refused, the source may take this long to finish its work. Then they are served again. */
const finishMsMax = 20_000
/** Rounds before the fence: each finds what has changed during the one before. */
const roundsMax = 5
/** Rows that the last round may copy: less than a second of work. */
const remainderMax = 5_000
/** Attempts to remove the triggers after the switch. */
const guardAttempts = 3
/** Every process has read the list of stopped merchants by then. One that has not is kept out by the guards. */
const announcedMs = 3 * stoppedReadMs

/**
 * Moves a merchant, with both modes, from one database to another, while servers use both:
 *
 * 1. copies its rows while the source serves it, in rounds;
 * 2. fences it at the source: its requests get 503, and the database refuses its writes;
 * 3. lets the source relay, count and seal what it has, and freezes it;
 * 4. copies what has changed, and compares counts and hashes of all rows;
 * 5. the target serves it, and the source names the target.
 *
 * The row of the move at the target decides: until it says `arrived`, the target does nothing for the merchant;
 * from then on, the source never does. A command that was ended at any time continues where it was, or is
 * undone (`undoMove`).
 *
 * @throws {MoveError} if it cannot be moved. Before the switch, the source then serves the merchant again.
 */
export async function moveMerchant(given: {
  merchantId: string
  source: Database
  target: Database
  progress: MoveProgress
}): Promise<Moved> {
  const { merchantId, progress } = given
  return await withSides(given, merchantId, async (sides) => {
    const begun = await beginMove(sides, merchantId)
    const move = new Move(sides, begun, progress)
    if (begun.target.phase === 'incoming') await move.toTarget()
    return await move.finish()
  })
}

class Move {
  readonly #sides: Sides
  readonly #progress: MoveProgress
  readonly #merchantId: string
  readonly #moveId: string
  readonly #offset: bigint
  readonly #end: bigint
  #shapes: readonly TableShape[] = []
  #tables: readonly SyncedTable[] = []

  constructor(sides: Sides, { source }: BegunMove, progress: MoveProgress) {
    this.#sides = sides
    this.#progress = progress
    this.#merchantId = source.merchant_id
    this.#moveId = source.move_id
    this.#offset = BigInt(source.position_offset)
    this.#end = BigInt(source.positions_end)
  }

  async toTarget(): Promise<void> {
    const { source, target } = this.#sides
    this.#shapes = await findShapes(source.client)
    this.#progress.onStep('preparing the target')
    await addGuards(target.client, this.#merchantId)
    await passReserved(target.database.db, { end: this.#end, msMax: passMsMax })
    await addGuards(source.client, this.#merchantId)
    await this.#copy()
    try {
      await this.#fence()
      await this.#freeze()
      this.#progress.onStep('comparing all rows')
      this.#tables = await this.#sync({ isFrozen: true })
    } catch (error) {
      await this.#lift()
      throw error
    }
    await this.#arrive()
  }

  /** Copies while the source serves the merchant, until a round finds little. */
  async #copy(): Promise<void> {
    for (let round = 1; round <= roundsMax; round++) {
      this.#progress.onStep(round === 1 ? 'copying' : 'copying what has changed')
      const tables = await this.#sync({ isFrozen: false })
      const copied = tables.reduce((sum, table) => sum + table.copied, 0)
      if (copied <= remainderMax) break
    }
    // Most seals are made before the requests wait for them.
    await finishEvents(this.#sides.source.database.db, { through: 0n, msMax: passMsMax })
  }

  async #sync({ isFrozen }: { isFrozen: boolean }): Promise<SyncedTable[]> {
    const { source, target } = this.#sides
    const connections = { reader: source.reader, source: source.client, target: target.client }
    const given = { merchantId: this.#merchantId, offset: this.#offset, isFrozen }
    const shapes = this.#shapes.filter(({ name }) => isFrozen || !movedTables[name]?.isLast)
    return await syncTables(connections, shapes, given)
  }

  /** Requests are refused, and the database refuses what follows from them. */
  async #fence(): Promise<void> {
    this.#progress.onStep('refusing requests of the merchant')
    const { client } = this.#sides.source
    const from = ['copying', 'announced', 'fenced', 'frozen'] as const
    await this.#change({ from, to: 'announced' }, async () => {
      const counted = await lockAttemptCounts(client)
      await saveAttemptCounts(client, { merchantId: this.#merchantId, through: counted })
    })
    await sleep(announcedMs)
    await this.#change({ from: ['announced'], to: 'fenced' })
  }

  /** The source finishes its work on what it has. Then it refuses every write. */
  async #freeze(): Promise<void> {
    const { client, database } = this.#sides.source
    const through = await lastPositionOf(client, this.#merchantId)
    if (through + this.#offset > this.#end) throw tooFar()
    await finishEvents(database.db, { through, msMax: finishMsMax })
    await this.#change({ from: ['fenced'], to: 'frozen' })
  }

  /**
   * The source serves the merchant again, because the target is not asked to serve it yet. What was copied is of
   * use for the next try.
   */
  async #lift(): Promise<void> {
    // A connection of its own: those of the move may be lost, or in the middle of a copy.
    await this.#sides.source.database
      .withLongClient((client) => this.#liftBy(client))
      .catch(() =>
        this.#progress.onStep('the source still refuses the merchant: run the command again'),
      )
  }

  async #liftBy(client: ClientBase): Promise<void> {
    const merchantId = this.#merchantId
    const from = ['announced', 'fenced', 'frozen'] as const
    await changePhase(
      client,
      { merchantId, moveId: this.#moveId, from, to: 'copying' },
      async () => {
        const { attempts_through: counted } = await this.#require(client)
        if (counted === null) return
        const to = await lockAttemptCounts(client)
        await shiftAttemptCounts(client, { merchantId, from: counted, to })
        await clearAttemptCounts(client, merchantId)
      },
    )
  }

  /** The target serves the merchant: the switch. */
  async #arrive(): Promise<void> {
    const { source, target } = this.#sides
    const merchantId = this.#merchantId
    await raiseSequences({ source: source.client, target: target.client })
    const frozen = await this.#require(source.client)
    await changePhase(
      target.client,
      { merchantId, moveId: this.#moveId, from: ['incoming'], to: 'arrived' },
      async () => {
        const to = await lockAttemptCounts(target.client)
        const from = frozen.attempts_through ?? to
        await shiftAttemptCounts(target.client, { merchantId, from, to })
      },
    )
  }

  /** The source never serves the merchant again, and says where it is. */
  async finish(): Promise<Moved> {
    const { source, target } = this.#sides
    await this.#change({
      from: ['frozen', 'moved'],
      to: 'moved',
      otherUrl: target.publicUrl,
    })
    this.#progress.onStep('the target serves the merchant')
    const { fenced_at: fencedAt } = await this.#require(source.client)
    const refusedMs = fencedAt === null ? 0 : Date.now() - Date.parse(fencedAt)
    await endAtTarget(target.client, this.#moveId)
    // They refuse nothing any more, and a long read of the target may keep them: clients must not wait for that.
    await dropGuards(target.client, this.#merchantId, guardAttempts).catch(() =>
      this.#progress.onStep(
        'the triggers of the move are left: run the command again to remove them',
      ),
    )
    return {
      merchantId: this.#merchantId,
      tables: this.#tables,
      refusedMs,
      apiUrl: target.publicUrl,
    }
  }

  async #change(
    change: Pick<Parameters<typeof changePhase>[1], 'from' | 'to' | 'otherUrl'>,
    work?: () => Promise<void>,
  ): Promise<void> {
    const { client } = this.#sides.source
    await changePhase(
      client,
      { merchantId: this.#merchantId, moveId: this.#moveId, ...change },
      work,
    )
  }

  async #require(client: Parameters<typeof readMove>[0]): Promise<MoveRow> {
    const row = await readMove(client, this.#merchantId)
    if (row) return row
    throw new MoveError('other_move', `The row of the move of ${this.#merchantId} is gone.`)
  }
}

function tooFar(): MoveError {
  const message =
    'The source has given more positions of events since the move was begun than the target has reserved. Undo ' +
    'the move, and begin it again.'
  return new MoveError('too_slow', message)
}
