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

/** A fault that a round injects. */
export interface Fault {
  readonly name: string
  /** What the fault needs beyond the usual world. */
  readonly needs?: 'a small disk' | 'a cluster'
  /** Runs before the load starts. */
  readonly prepare?: (scene: Scene) => Promise<void>
  /**
   * Breaks something under load, repairs it as an operator or a supervisor would, and then awaits
   * `over`: from there on the system must recover by itself.
   */
  readonly strike: (scene: Scene) => Promise<void>
  /** Restores the usual world. Runs also if `strike` has failed. */
  readonly tidy?: (scene: Scene) => Promise<void>
}

/** What a fault works on. */
export interface Scene {
  readonly world: World
  readonly chance: Chance
  /** Sets the tokens that customers pay with. Without an argument: the usual tokens. */
  pay(tokens?: readonly string[]): void
  /**
   * Marks the end of the fault. Killed processes may still be starting. Resolves when the system is
   * back at full speed, and records how long that took.
   */
  over(): Promise<void>
}

/** The result of a round. */
export interface RoundResult {
  readonly fault: string
  readonly seed: number
  readonly requests: number
  /** Attempts that had to be repeated. */
  readonly repeats: number
  /** Requests that were answered with a success. */
  readonly acknowledged: number
  /** From the end of each fault to full speed, in seconds. */
  readonly recoveredInSeconds: readonly number[]
  readonly violations: readonly Violation[]
}

/** Load without a fault before the fault begins, in milliseconds. It measures the usual speed. */
const healthyMsDefault = 2_000
/** Minimum number of answers before the fault begins: enough for every kind of request. */
const answeredMinDefault = 300
/** Time over which the speed is measured after a fault, in milliseconds. */
const windowMs = 1_000
/** Share of the usual speed that counts as full speed. The load is uneven, so 1 would be too strict. */
const fullSpeed = 0.7
/** A jump of the test clock past all undo windows and outages, and past the largest clock error. */
const windowEndSeconds = 24 * 3_600
/** Tokens without a fault of the processor. They cover each outcome of a call. */
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

/** Runs one round: load, fault, recovery, rest, checks. */
export async function runRound(
  world: World,
  {
    fault,
    seed,
    endsLeases = false,
    clientCount,
    answeredMin = answeredMinDefault,
    healthyMs = healthyMsDefault,
  }: {
    fault: Fault
    seed: number
    /** Whether to end the leases of killed servers at the end, instead of waiting for them. */
    endsLeases?: boolean
    clientCount?: number
    /** Minimum number of answers before the fault begins. */
    answeredMin?: number
    /** Load without a fault before the fault begins, in milliseconds. */
    healthyMs?: number
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
    healthy = await measure(world, { answeredMin, healthyMs })
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
  found.push(...(await waitForRest(world)))
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

/** Measures the usual speed, in answers per second. A slow machine takes longer to reach `answeredMin`. */
async function measure(
  { journal }: World,
  { answeredMin, healthyMs }: { answeredMin: number; healthyMs: number },
): Promise<number> {
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

/** Waits until no work is pending and every event is delivered. Returns a violation on a timeout. */
async function waitForRest(world: World): Promise<Violation[]> {
  const { sql, ask, endpointId } = world
  try {
    await advance(world, windowEndSeconds)
    await until(
      'no work is pending',
      async () => (await isAtRest(sql)) && (await hasNothingDue(sql.query)),
      { patience: 5 },
    )
    await until(
      'every event is delivered',
      async () => {
        const { waiting, failed } = await countUndelivered(sql.query)
        // If a receiver was down for longer than the retries last, an operator retries manually.
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
