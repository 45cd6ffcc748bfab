import { parseArgs } from 'node:util'
import { type Chance, chanceOf } from '../../support/chance.ts'
import { faults } from './faults/faults.ts'
import { renderTable } from './report.ts'
import { type Fault, type RoundResult, runRound } from './round.ts'
import { mountSmallDisk } from './world/small-disk.ts'
import { openWorld, type World } from './world/world.ts'

// `npm run test:faults`: breaks a running system in every way there is, or in those of `--only`,
// and checks after each that nothing came of it. `--rounds` or `--minutes` say for how long; by
// default each fault has a round. `--seed` begins with another one. See CONTRIBUTING.md.

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
  throw new Error('--rounds, --minutes and --seed are numbers')
}
const say = (line: string) => process.stdout.write(`${line}\n`)
// Nobody may be reading any more; what was started has to be stopped all the same.
process.stdout.on('error', () => undefined)

/** Asked to stop, it does so after the round that runs. */
let stopping = false
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (stopping = true))

/** A world is left for a new one after so many rounds: what is kept of each stays small. */
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
    const disk = fault.needs ? await mountSmallDisk() : null
    if (typeof disk === 'string') {
      say(`skipped ${fault.name}: ${disk}`)
      continue
    }
    // What a violation has left behind must not be the next round's.
    if (disk || isBroken || world?.disk || n % roundsPerWorld === 0) {
      await world?.close()
      world = null
    }
    world ??= await openWorld({ disk })
    const result = await runRound(world, { fault, seed: firstSeed + n })
    isBroken = result.violations.length > 0
    results.push(result)
    tell(result)
  }
} catch (error) {
  // What was found so far is worth having whatever has happened.
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
    throw new Error(`--only knows ${faults.map((fault) => fault.name).join(', ')}`)
  })
}

/** All of them in turn, each turn in an order of its own. */
function faultOf(n: number): Fault {
  const turn = Math.floor(n / chosen.length)
  return shuffled(chosen, chanceOf(firstSeed + turn))[n % chosen.length] as Fault
}

function shuffled<T>(list: readonly T[], chance: Chance): T[] {
  const left = [...list]
  return list.map(() => left.splice(chance.below(left.length), 1)[0] as T)
}

function tell({
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
    say(`         again: npm run test:faults -- --only ${fault} --rounds 1 --seed ${seed}`)
  }
}
