import { parseArgs } from 'node:util'
import { type Chance, chanceOf } from '../../support/chance.ts'
import { faults } from './faults/faults.ts'
import { renderTable } from './report.ts'
import { type Fault, type RoundResult, runRound } from './round.ts'
import { ownClusterPrograms } from './world/own-cluster.ts'
import { mountSmallDisk } from './world/small-disk.ts'
import { openWorld, type World } from './world/world.ts'

// `npm run test:faults`: injects each fault, or those of `--only`, into a running system, and checks
// the guarantees after each. `--rounds` or `--minutes` set the length; by default each fault has one
// round. `--seed` sets the seed of the first round. See CONTRIBUTING.md.

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string' },
    minutes: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    only: { type: 'string' },
  },
})

const firstSeed = Number(flags.seed)
const chosen = choose(flags.only)
const minutes = flags.minutes === undefined ? null : Number(flags.minutes)
const rounds = Number(flags.rounds ?? (minutes === null ? chosen.length : Number.MAX_SAFE_INTEGER))
if (!Number.isSafeInteger(firstSeed) || !(rounds > 0) || !(minutes === null || minutes > 0)) {
  throw new Error(
    `--rounds, --minutes and --seed: expected numbers above 0, not ${JSON.stringify(flags)}`,
  )
}
const say = (line: string) => process.stdout.write(`${line}\n`)
// A reader such as `head` may close the pipe early. The processes must still be stopped then.
process.stdout.on('error', () => undefined)

/** Set by SIGINT or SIGTERM: the current round is finished, and no other begins. */
let stopping = false
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (stopping = true))

/** Rounds before a new world replaces the old one, so that its database and logs stay small. */
const roundsPerWorld = 20

const startedMs = performance.now()
const isOver = (n: number) =>
  stopping || n >= rounds || (minutes !== null && performance.now() - startedMs > minutes * 60_000)
const results: RoundResult[] = []
say(`faults from seed ${firstSeed}: ${chosen.map(({ name }) => name).join(', ')}`)

let world: World | null = null
let isBroken = false
try {
  for (let n = 0; !isOver(n); n++) {
    const fault = faultOf(n)
    if (fault.needs === 'a cluster' && !ownClusterPrograms) {
      say(`skipped ${fault.name}: HEDGE_TEST_CITUS_PROGRAMS names no programs`)
      continue
    }
    const disk = fault.needs === 'a small disk' ? await mountSmallDisk() : null
    if (typeof disk === 'string') {
      say(`skipped ${fault.name}: ${disk}`)
      continue
    }
    // After a violation, the next round needs a clean world.
    if (disk || isBroken || world?.disk || world?.cluster || n % roundsPerWorld === 0) {
      await world?.close()
      world = null
    }
    world ??= await openWorld({ disk })
    const result = await runRound(world, { fault, seed: firstSeed + n })
    isBroken = result.violations.length > 0
    results.push(result)
    print(result)
  }
} catch (error) {
  // The results so far are still printed below.
  process.exitCode = 1
  say(`the harness itself failed: ${(error as Error).stack}`)
} finally {
  await world?.close()
}
say(`\n${renderTable(results)}\nseed ${firstSeed}`)
if (results.some(({ violations }) => violations.length > 0)) process.exitCode = 1

function choose(only: string | undefined): readonly Fault[] {
  if (only === undefined) return faults
  return only.split(',').flatMap((name) => {
    const found = faults.filter((fault) => fault.name.startsWith(name.trim()))
    if (found.length > 0) return found
    const names = faults.map((fault) => fault.name).join(', ')
    throw new Error(`--only: no fault begins with "${name.trim()}", expected one of ${names}`)
  })
}

/** The fault of a round: all chosen faults in turn, each turn in another order. */
function faultOf(n: number): Fault {
  const turn = Math.floor(n / chosen.length)
  return shuffled(chosen, chanceOf(firstSeed + turn))[n % chosen.length] as Fault
}

function shuffled<T>(list: readonly T[], chance: Chance): T[] {
  const left = [...list]
  return list.map(() => left.splice(chance.below(left.length), 1)[0] as T)
}

function print({
  fault,
  seed,
  requests,
  repeats,
  acknowledged,
  recoveredInSeconds,
  violations,
}: RoundResult) {
  const recovered = recoveredInSeconds.map((seconds) => seconds.toFixed(1)).join(', ')
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
  say(
    `${seconds.padStart(5)} s  ${fault}: ${requests} requests, ${repeats} repeats, ${acknowledged} acknowledged, ` +
      `recovered in ${recovered} s, seed ${seed}`,
  )
  for (const { kind, what } of violations) say(`         ${kind}: ${what}`)
  if (violations.length > 0) {
    say(`         repeat with: npm run test:faults -- --only ${fault} --rounds 1 --seed ${seed}`)
  }
}
