import { finishEvents, passReserved } from './progress/progress.ts'
import { forgetChanges, lastChangeOf } from './rows/changes.sql.ts'
import { type ComparedTable, Comparison } from './rows/comparison.ts'
import { differs } from './rows/copy.sql.ts'
import { addGuards } from './rows/guards.sql.ts'
import { findShapes, type TableShape } from './rows/shapes.sql.ts'
import { syncChanges, syncTables } from './rows/sync.ts'
import { movedTables } from './rows/tables.ts'
import type { Sides } from './sides.ts'
import { passWriters } from './state.sql.ts'

/** What happens while a merchant moves. */
export interface MoveProgress {
  /** A sentence for people. */
  readonly onStep: (step: string) => void
}

/** The relay of the target may have to wait for an open transaction. Requests do not. */
const passMsMax = 600_000
/** Rounds before the fence: each copies what has changed during the one before. */
const roundsMax = 5
/** Changes that are left for the fence: less than a second of work. */
const remainderMax = 2_000
/** Rounds when the source is frozen. The second one has the rows that waited for their parents. */
const frozenRoundsMax = 3

/**
 * Copies the rows of a merchant and compares all of them, while the source serves it; when the source is frozen,
 * only what has changed since. So requests are refused for as long as the changes take, and not the history.
 */
export class MoveCopy {
  readonly #sides: Sides
  readonly #progress: MoveProgress
  readonly #given: { readonly merchantId: string; readonly offset: bigint }
  readonly #positionsEnd: bigint
  #shapes: readonly TableShape[] = []
  #comparison = new Comparison()

  constructor(
    sides: Sides,
    given: { merchantId: string; offset: bigint; positionsEnd: bigint },
    progress: MoveProgress,
  ) {
    this.#sides = sides
    this.#given = { merchantId: given.merchantId, offset: given.offset }
    this.#positionsEnd = given.positionsEnd
    this.#progress = progress
  }

  /** From here on, the guards of the source record changes, and those of the target refuse them. */
  async prepare(): Promise<void> {
    const { source, target } = this.#sides
    const { merchantId } = this.#given
    this.#shapes = await findShapes(source.client)
    this.#progress.onStep('preparing the target')
    await addGuards(target.client, this.#shapes, merchantId)
    await passReserved(target.database.db, { end: this.#positionsEnd, msMax: passMsMax })
    await addGuards(source.client, this.#shapes, merchantId)
    // Guards that an earlier move has left do not wait for writers. From here on, all writers are recorded.
    await passWriters(source.client, merchantId)
  }

  /**
   * Copies and compares while the source serves the merchant, until a round finds little.
   *
   * @throws {MoveError} if a copied row differs.
   */
  async whileServed(): Promise<void> {
    const { source } = this.#sides
    await forgetChanges(source.client, this.#given.merchantId)
    this.#progress.onStep('copying, and comparing all rows')
    this.#comparison = await syncTables(this.#connections, this.#shapesBefore, this.#given)
    // Most seals are made before the requests wait for them.
    await finishEvents(source.database.db, { through: 0n, msMax: passMsMax })
    for (let round = 1; round <= roundsMax; round++) {
      this.#progress.onStep('copying what has changed')
      if ((await this.changes()) <= remainderMax) break
    }
  }

  /**
   * Copies and compares what has changed. Returns how many changes there were.
   *
   * @throws {MoveError} if a copied row differs.
   */
  async changes(): Promise<number> {
    const given = { ...this.#given, comparison: this.#comparison }
    return await syncChanges(this.#connections, this.#shapesBefore, given)
  }

  /**
   * Copies and compares the rest. Returns the tables, which are now the same on both sides.
   *
   * @throws {MoveError} if a copied row differs.
   */
  async whenFrozen(): Promise<ComparedTable[]> {
    const { source } = this.#sides
    this.#progress.onStep('copying the last changes')
    for (let round = 1; round <= frozenRoundsMax; round++) {
      if ((await this.changes()) === 0) break
    }
    if ((await lastChangeOf(source.client, this.#given.merchantId)) !== null) {
      throw differs('move_changes')
    }
    const last = this.#shapes.filter(({ name }) => movedTables[name]?.isLast)
    this.#comparison.addAll(await syncTables(this.#connections, last, this.#given))
    return this.#comparison.tables()
  }

  get #shapesBefore(): readonly TableShape[] {
    return this.#shapes.filter(({ name }) => !movedTables[name]?.isLast)
  }

  get #connections() {
    const { source, target } = this.#sides
    return { reader: source.reader, source: source.client, target: target.client }
  }
}
