import { type Chance, chanceOf } from '../../support/chance.ts'
import { isAtRest } from '../../support/databases/invariants.ts'
import { endLeasesOfKilled } from '../../support/databases/leases.ts'
import { until } from '../../support/until.ts'
import { countUndelivered, hasNothingDue } from './checks/books.ts'
import { findViolations, type Violation } from './checks/checks.ts'
import { findChanged } from './checks/replays.ts'
import { rate } from './load/journal.ts'
import { startLoad } from './load/load.ts'
import { forget, type World } from './world/world.ts'

/** Something that breaks. */
export interface Fault {
  readonly name: string
  /** The world that it takes, where the usual one does not do. */
  readonly needs?: 'a small disk'
  /** Does what is not to be under load yet. */
  readonly prepare?: (scene: Scene) => Promise<void>
  /**
   * Breaks something, and has it repaired as an operator or a supervisor would. The times that it
   * marks are those from which on all should be well again by itself.
   */
  readonly strike: (scene: Scene) => Promise<void>
  /** Puts everything back, whatever has happened. */
  readonly tidy?: (scene: Scene) => Promise<void>
}

/** What a fault works on. */
export interface Scene {
  readonly world: World
  readonly chance: Chance
  /** From now on customers pay with these tokens; none: as usual. */
  pay(tokens?: readonly string[]): void
  /**
   * The fault is over: whatever was killed may still be coming up, and nothing else is needed.
   * Resolves when the system is back at full speed.
   */
  over(): Promise<void>
}

/** What a round has come to. */
export interface RoundResult {
  readonly fault: string
  readonly seed: number
  readonly requests: number
  /** Tries of these that had to be repeated. */
  readonly repeats: number
  readonly acknowledged: number
  /** From the end of each fault to full speed, in seconds. */
  readonly recoveredInSeconds: readonly number[]
  readonly violations: readonly Violation[]
}

/** How long all is well before something breaks, and again after it, in milliseconds. */
const healthyMs = 2_000
/** Answers before something breaks: enough for every kind of request. */
const answeredMinDefault = 300
/** A speed is measured over this, in milliseconds. */
const windowMs = 1_000
/** Part of the speed before that counts as full speed: what comes in bursts is never quite even. */
const fullSpeed = 0.7
/**
 * Jumps the test clock over every undo window and outage, and over the time that was planned with
 * by a server whose clock was wrong.
 */
const windowEndSeconds = 24 * 3_600
/** What customers pay with when nothing is wrong: each way through the processor is taken. */
const usualTokens = [
  'tok_visa',
  'tok_visa',
  'tok_visa',
  'tok_visa',
  'tok_lostAuthorizeAnswer',
  'tok_lostCaptureAnswer',
  'tok_captureDeclined',
  'tok_chargeDeclined',
]

/** Puts load on the world, breaks something, and finds violations. */
export async function runRound(
  world: World,
  {
    fault,
    seed,
    endsLeases = false,
    clientCount,
    answeredMin = answeredMinDefault,
  }: {
    fault: Fault
    seed: number
    /** Whether leases of servers that were killed are ended once the load is asked to stop. */
    endsLeases?: boolean
    clientCount?: number
    /** Answers before something breaks. */
    answeredMin?: number
  },
): Promise<RoundResult> {
  const { journal } = world
  const recoveredInSeconds: number[] = []
  const chance = chanceOf(seed)
  let healthy = 0
  let tokens: readonly string[] = usualTokens
  const scene: Scene = {
    world,
    chance,
    pay(wanted = usualTokens) {
      tokens = wanted
    },
    async over() {
      const overMs = performance.now()
      await untilFast(world, healthy)
      recoveredInSeconds.push((performance.now() - overMs) / 1000)
    },
  }
  await forget(world)
  await fault.prepare?.(scene)
  const load = startLoad({
    ...world,
    chance: chanceOf(seed + 1),
    name: `${seed}`,
    tokens: () => tokens,
    clockOffsetSeconds: () => world.clockOffsetSeconds,
    ...(clientCount === undefined ? {} : { clientCount }),
  })
  const found: Violation[] = []
  try {
    healthy = await measure(world, answeredMin)
    await fault.strike(scene)
  } catch (error) {
    found.push({ kind: 'wrong', what: `not recovered: ${(error as Error).message}` })
  } finally {
    await fault.tidy?.(scene)
    const stopped = load.stop()
    // Clients repeat their requests until the leases on their keys have ended.
    if (endsLeases) await endLeasesOfKilled(world.sql)
    await stopped
  }
  if (endsLeases) await endLeasesOfKilled(world.sql)
  found.push(...(await settle(world)))
  found.push(...(await findViolations({ ...world, ...world.fleet, query: world.sql.query })))
  found.push(...(await findChanged(world, chance)))
  const { requests, repeats, answered } = journal
  const acknowledged = answered.filter(({ status }) => status < 400).length
  return {
    fault: fault.name,
    seed,
    requests,
    repeats,
    acknowledged,
    recoveredInSeconds,
    violations: found,
  }
}

/** Answers a second while all is well. On a slow machine the load goes on until it can prove something. */
async function measure({ journal }: World, answeredMin: number): Promise<number> {
  const fromMs = performance.now() + windowMs
  await until(
    'the load runs',
    () => performance.now() > fromMs + healthyMs && journal.answered.length > answeredMin,
    { patience: 5 },
  )
  return rate(journal, fromMs, fromMs + healthyMs)
}

async function untilFast({ journal }: World, healthy: number): Promise<void> {
  const fromMs = performance.now()
  await until(
    `there are ${Math.round(fullSpeed * healthy)} answers a second again`,
    () => {
      const nowMs = performance.now()
      const sinceMs = Math.max(fromMs, nowMs - windowMs)
      return nowMs - fromMs > windowMs / 4 && rate(journal, sinceMs, nowMs) >= fullSpeed * healthy
    },
    { patience: 5 },
  )
}

/** Waits until everybody has done all there is to do. */
async function settle(world: World): Promise<Violation[]> {
  const { sql, ask, endpointId } = world
  try {
    await advance(world, windowEndSeconds)
    await until(
      'nothing is left to do',
      async () => (await isAtRest(sql)) && (await hasNothingDue(sql.query)),
      { patience: 5 },
    )
    await until(
      'every event is delivered',
      async () => {
        const { waiting, failed } = await countUndelivered(sql.query)
        // A receiver that was away for longer than the tries last: the dead letters, sent by hand.
        if (failed > 0) await ask('POST', `/v1/webhooks/endpoints/${endpointId}/retry`)
        return waiting + failed === 0
      },
      { patience: 5 },
    )
    return []
  } catch (error) {
    return [{ kind: 'lost', what: `not at rest: ${(error as Error).message}` }]
  }
}

/** Jumps the merchant's test clock ahead. */
export async function advance(world: World, seconds: number): Promise<void> {
  await world.ask('POST', '/v1/test/clock/advance', { seconds })
  world.clockOffsetSeconds += seconds
}
