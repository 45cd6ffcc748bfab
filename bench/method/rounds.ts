import type { NumberRange } from '../load/job.ts'
import { type Spread, spreadOf } from './statistics.ts'
import type { Target } from './target.ts'

/** The result of one round. Latencies are optional, because pgbench reports only the mean. */
export interface Round {
  readonly perSecond: number
  /** Acknowledged cancels. The database must hold as many canceled payments and as many events. */
  readonly acknowledged: number
  readonly p50Ms?: number
  readonly p99Ms?: number
  readonly maxMs?: number
  readonly clientMicrosPerRequest?: number
}

/** One of the two sides of a comparison. */
export interface Variant {
  readonly name: string
  /** True if the variant cancels no payments: its rounds need no new payments and are not counted. */
  readonly cancelsNothing?: boolean
  /** Runs one round of about `durationMs`, and uses each number of the range at most once. */
  run(range: NumberRange, durationMs: number): Promise<Round>
}

/** The part of the store that a comparison uses. */
export interface Supply {
  checkpoint(): Promise<void>
  addPending(count: number): Promise<NumberRange>
  vacuum(): Promise<void>
  catchUp(): Promise<void>
  countCanceled(range: NumberRange): Promise<{ payments: number; events: number }>
}

/** The result of a comparison of two variants. */
export interface Comparison {
  readonly name: string
  readonly target: Target | null
  readonly a: string
  readonly b: string
  /** A divided by B, for each pair. */
  readonly ratio: Spread
  readonly aPerSecond: Spread
  readonly bPerSecond: Spread
  readonly pairs: readonly { readonly a: Round; readonly b: Round }[]
}

/** Payments per round, relative to the warm-up's rate: the payments must last until the round ends. */
const headroom = 1.3
const warmUpMs = 1_000
/** Payments of a warm-up, whose rate is not known yet. */
const warmUpCount = 30_000

/**
 * Runs rounds of A and B in turn, and returns the median and the range of the ratios of the pairs.
 *
 * @throws if the rows of a round do not match its acknowledged cancels: the run is then void.
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
    /** The compared number of a round. Default: the rate. */
    measure?: (round: Round) => number
  },
): Promise<Comparison> {
  const { a, b, pairs, durationMs } = options
  const measure = options.measure ?? ((round: Round) => round.perSecond)
  const rangeFor = async (variant: Variant, count: number) =>
    variant.cancelsNothing ? { from: 0, count } : await supply.addPending(count)
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
  await supply.vacuum()
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

/** Runs a round and counts its rows in the database. @throws if they do not match. */
export async function countedRound(
  supply: Supply,
  variant: Variant,
  range: NumberRange,
  durationMs: number,
): Promise<Round> {
  const round = await variant.run(range, durationMs)
  if (variant.cancelsNothing) return round
  const { payments, events } = await supply.countCanceled(range)
  // Background work of this round must not slow down the next round.
  await supply.catchUp()
  if (payments !== round.acknowledged || events !== round.acknowledged) {
    throw new Error(
      `void: ${variant.name} acknowledged ${round.acknowledged} cancels, ` +
        `but ${payments} payments are canceled, with ${events} events`,
    )
  }
  return round
}
