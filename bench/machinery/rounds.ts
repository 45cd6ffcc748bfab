import type { NumberRange } from './job.ts'
import { type Spread, spreadOf } from './statistics.ts'
import type { Target } from './target.ts'

/** What a round gave: how much a second, and how long one took, where that is known. */
export interface Round {
  readonly perSecond: number
  /** How many cancels were acknowledged: as many rows and events there must be. */
  readonly acknowledged: number
  readonly p50Ms?: number
  readonly p99Ms?: number
  readonly maxMs?: number
  readonly clientMicrosPerRequest?: number
}

/** One of the ways that are compared. */
export interface Variant {
  readonly name: string
  /** Whether it leaves the payments alone: then it needs none of its own, and none is counted. */
  readonly isBystander?: boolean
  /** One round: uses each number of the range at most once, for about `durationMs`. */
  run(range: NumberRange, durationMs: number): Promise<Round>
}

/** What a comparison needs of the database. */
export interface Supply {
  checkpoint(): Promise<void>
  addPending(count: number): Promise<NumberRange>
  settle(): Promise<void>
  catchUp(): Promise<void>
  countCanceled(range: NumberRange): Promise<{ payments: number; events: number }>
}

export interface Comparison {
  readonly name: string
  readonly target: Target | null
  readonly a: string
  readonly b: string
  /** A's figure over B's, pair by pair. */
  readonly ratio: Spread
  readonly aPerSecond: Spread
  readonly bPerSecond: Spread
  readonly pairs: readonly { readonly a: Round; readonly b: Round }[]
}

/** Above what any variant reaches here, so that the numbers do not run out before the time. */
const headroom = 1.3
const warmUpMs = 1_000
/** For a warm-up of a variant of unknown speed. */
const warmUpCount = 30_000

/**
 * Runs A B A B … and gives the medians and ranges of the pairs' ratios. A round whose rows do not
 * match what was acknowledged makes the run void.
 */
export async function compare(
  supply: Supply,
  options: {
    name: string
    target: Target | null
    a: Variant
    b: Variant
    pairs: number
    durationMs: number
    /** What is compared; the rate where nothing is said. */
    measure?: (round: Round) => number
  },
): Promise<Comparison> {
  const { a, b, pairs, durationMs } = options
  const measure = options.measure ?? ((round: Round) => round.perSecond)
  const rangeFor = async (variant: Variant, count: number) =>
    variant.isBystander ? { from: 0, count } : await supply.addPending(count)
  const sizeOf = async (variant: Variant) => {
    const range = await rangeFor(variant, warmUpCount)
    const warm = await countedRound(supply, variant, range, warmUpMs)
    return Math.ceil((warm.perSecond * headroom * durationMs) / 1000) + 500
  }
  const [countA, countB] = [await sizeOf(a), await sizeOf(b)]
  await supply.checkpoint()
  const ranges: { a: NumberRange; b: NumberRange }[] = []
  for (let i = 0; i < pairs; i++) {
    ranges.push({ a: await rangeFor(a, countA), b: await rangeFor(b, countB) })
  }
  await supply.settle()
  const done: { a: Round; b: Round }[] = []
  for (const range of ranges) {
    const roundA = await countedRound(supply, a, range.a, durationMs)
    const roundB = await countedRound(supply, b, range.b, durationMs)
    done.push({ a: roundA, b: roundB })
  }
  return {
    name: options.name,
    target: options.target,
    a: a.name,
    b: b.name,
    ratio: spreadOf(done.map((pair) => measure(pair.a) / measure(pair.b))),
    aPerSecond: spreadOf(done.map((pair) => pair.a.perSecond)),
    bPerSecond: spreadOf(done.map((pair) => pair.b.perSecond)),
    pairs: done,
  }
}

/** Runs a round and counts what it left in the database. */
export async function countedRound(
  supply: Supply,
  variant: Variant,
  range: NumberRange,
  durationMs: number,
): Promise<Round> {
  const round = await variant.run(range, durationMs)
  if (variant.isBystander) return round
  const { payments, events } = await supply.countCanceled(range)
  // What this round has left to the background must not fall into the next one's time.
  await supply.catchUp()
  if (payments !== round.acknowledged || events !== round.acknowledged) {
    throw new Error(
      `void: ${variant.name} acknowledged ${round.acknowledged} cancels, ` +
        `but ${payments} payments are canceled and ${events} events say so`,
    )
  }
  return round
}
