import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientBase } from 'pg'
import { MoveError } from '../cells/move-error.ts'
import { stoppedReadMs } from '../cells/stopped-merchants.ts'
import type { Database } from '../database/connect.ts'
import { recordMove } from './audit.ts'
import { type BegunMove, beginMove } from './begin.ts'
import { MoveCopy, type MoveProgress } from './copy.ts'
import {
  clearAttemptCounts,
  lockAttemptCounts,
  saveAttemptCounts,
  shiftAttemptCounts,
} from './progress/attempts.sql.ts'
import { finishEvents } from './progress/progress.ts'
import { lastPositionOf, raiseSequences } from './progress/reserve.sql.ts'
import { forgetChanges } from './rows/changes.sql.ts'
import type { ComparedTable } from './rows/comparison.ts'
import { dropGuards } from './rows/guards.sql.ts'
import { type Sides, withSides } from './sides.ts'
import { changePhase, endAtTarget, type MoveRow, readMove, saveCompared } from './state.sql.ts'

/** A merchant that has moved. */
export interface Moved {
  readonly merchantId: string
  /** The counts and hashes of its rows, which were the same on both sides. */
  readonly tables: readonly ComparedTable[]
  /** How long requests of the merchant were refused, in milliseconds. */
  readonly refusedMs: number
  /** The address of the target; `null`: its servers do not know theirs. */
  readonly apiUrl: string | null
}

/** While requests are refused, the source may take this long to finish its work. Then they are served again. */
const finishMsMax = 20_000
/** Attempts to remove the triggers after the switch. */
const guardAttempts = 3
/** Every process has read the list of stopped merchants by then. One that has not is kept out by the guards. */
const announcedMs = 3 * stoppedReadMs

/**
 * Moves a merchant, with both modes, from one database to another, while servers use both:
 *
 * 1. copies its rows while the source serves it, and compares the counts and hashes of all of them;
 * 2. copies what has changed meanwhile, in rounds;
 * 3. fences it at the source: its requests get 503, and the database refuses its writes;
 * 4. lets the source relay, count and seal what it has, and freezes it;
 * 5. copies and compares what has changed since the last round;
 * 6. the target serves it, and the source names the target.
 *
 * The row of the move at the target decides: until it says `arrived`, the target does nothing for the merchant;
 * from then on, the source never does. A command that was ended at any time is run again, or undone
 * (`undoMove`). Before the switch, it then begins with the copy, and the source serves the merchant meanwhile.
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
  readonly #begun: BegunMove
  readonly #progress: MoveProgress
  readonly #merchantId: string
  readonly #moveId: string
  readonly #offset: bigint
  readonly #end: bigint

  constructor(sides: Sides, begun: BegunMove, progress: MoveProgress) {
    this.#sides = sides
    this.#begun = begun
    this.#progress = progress
    this.#merchantId = begun.source.merchant_id
    this.#moveId = begun.source.move_id
    this.#offset = BigInt(begun.source.position_offset)
    this.#end = BigInt(begun.source.positions_end)
  }

  async toTarget(): Promise<void> {
    const { client } = this.#sides.source
    // A command was ended while requests were refused. They need not wait until all rows are compared again.
    if (this.#begun.source.phase !== 'copying') {
      this.#progress.onStep(
        'serving the merchant at the source again, because the command was ended',
      )
      await this.#liftBy(client)
    }
    const given = {
      merchantId: this.#merchantId,
      offset: this.#offset,
      positionsEnd: this.#end,
    }
    const copy = new MoveCopy(this.#sides, given, this.#progress)
    await copy.prepare()
    await copy.whileServed()
    let frozen: MoveRow
    try {
      await this.#fence(copy)
      await this.#freeze()
      await saveCompared(client, this.#merchantId, await copy.whenFrozen())
      await raiseSequences({ source: client, target: this.#sides.target.client })
      frozen = await this.#require(client)
    } catch (error) {
      await this.#lift()
      throw error
    }
    await this.#arrive(frozen)
  }

  /** Requests are refused, and the database refuses what follows from them. */
  async #fence(copy: MoveCopy): Promise<void> {
    this.#progress.onStep('refusing requests of the merchant')
    const { client } = this.#sides.source
    await this.#change({ from: ['copying'], to: 'announced' }, async () => {
      const counted = await lockAttemptCounts(client)
      await saveAttemptCounts(client, { merchantId: this.#merchantId, through: counted })
    })
    // No new requests, so this is most of what is left.
    await Promise.all([sleep(announcedMs), copy.changes()])
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
      .withLongClient(async (client) => {
        // The fence may not have been reached.
        if ((await this.#require(client)).phase !== 'copying') await this.#liftBy(client)
      })
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
  async #arrive(frozen: MoveRow): Promise<void> {
    const { source, target } = this.#sides
    const merchantId = this.#merchantId
    await changePhase(
      target.client,
      { merchantId, moveId: this.#moveId, from: ['incoming'], to: 'arrived' },
      async () => {
        const to = await lockAttemptCounts(target.client)
        const from = frozen.attempts_through ?? to
        await shiftAttemptCounts(target.client, { merchantId, from, to })
        const details = { move_id: this.#moveId, from: source.publicUrl }
        await recordMove(target, merchantId, { action: 'merchant.moved', details })
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
    const { fenced_at: fencedAt, compared } = await this.#require(source.client)
    const refusedMs = fencedAt === null ? 0 : Date.now() - Date.parse(fencedAt)
    await endAtTarget(target.client, this.#moveId)
    await forgetChanges(source.client, this.#merchantId)
    // They refuse nothing any more, and a long read of the target may keep them: clients must not wait for that.
    await dropGuards(target.client, this.#merchantId, guardAttempts).catch(() =>
      this.#progress.onStep(
        'the triggers of the move are left: run the command again to remove them',
      ),
    )
    return {
      merchantId: this.#merchantId,
      tables: compared ?? [],
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
