import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startBundledPostgres } from '../../packages/bundled-postgres/src/start.ts'
import { createDatabase } from '../support/databases/postgres.ts'
import { throwAway } from '../support/databases/throw-away.ts'
import type { RacerMessage } from './racer.ts'
import { add, groupSize, type Lap, lapsOf, type Tally } from './races.ts'

// `npm run races`: runs a million races, or `--races`, on a PostgreSQL of their own. `--seed` sets
// the seed of the first group; each further group has the next number. The seed decides what a group
// does, in whichever process. To repeat one group, pass its seed and `--races` of the group's size.

const { values: flags } = parseArgs({
  options: {
    races: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    processes: { type: 'string', default: String(Math.min(4, availableParallelism() + 1)) },
  },
})

const seed = Number(flags.seed)
const groups = Math.ceil(Number(flags.races) / groupSize)
const processes = Number(flags.processes)
if (!Number.isSafeInteger(seed) || !(groups > 0) || !(processes > 0)) {
  throw new Error(
    `--races, --seed and --processes: expected whole numbers from 1, not ${JSON.stringify(flags)}`,
  )
}
const say = (line: string) => process.stdout.write(`${line}\n`)
// A reader such as `head` may close the pipe early. PostgreSQL must still be stopped then.
process.stdout.on('error', () => undefined)

/** Aborted by SIGINT or SIGTERM: running laps are finished, and no others begin. */
const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopping.abort())

/** Vacuum is off: the tables are truncated every few thousand races. */
const settings = { ...throwAway, autovacuum: 'off', wal_level: 'minimal', max_wal_senders: '0' }
const laps = lapsOf({ seed, groups }).reverse()
const tally: Tally = {}
const startedMs = performance.now()

const dataDir = await mkdtemp(join(tmpdir(), 'hedge-races-'))
const postgres = await startBundledPostgres({ dataDir, log: () => undefined, settings })
try {
  say(`${groups * groupSize} races from seed ${seed}`)
  await Promise.all(Array.from({ length: Math.min(processes, laps.length) }, startRacer))
  for (const [name, count] of Object.entries(tally).sort())
    say(`${String(count).padStart(9)} ${name}`)
  if (stopping.signal.aborted) say(`stopped; no violation until then: ${progress()}`)
  else if (process.exitCode === undefined) say(`no violation in ${progress()}`)
} finally {
  await postgres.stop()
  await rm(dataDir, { recursive: true, force: true })
}

/** Starts a racer process, and gives it laps until none is left. */
async function startRacer(): Promise<void> {
  const { url } = await createDatabase(postgres.url)
  const child = fork(join(import.meta.dirname, 'racer.ts'), {
    env: { ...process.env, HEDGE_RACES_URL: url },
  })
  child.on('message', (message: RacerMessage) => {
    if ('failure' in message) reportFailure(message)
    else recordLap(message.tally)
    giveLap(child)
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) {
    process.exitCode = 1
    stopping.abort()
    say(`a racer process ended with exit code ${code}`)
  }
}

function giveLap(child: ChildProcess): void {
  const lap = stopping.signal.aborted ? undefined : laps.pop()
  if (lap) child.send(lap)
  else child.disconnect()
}

function recordLap(more: Tally): void {
  add(tally, more)
  if (more.races !== undefined)
    say(`${progress()}, up to seed ${laps.at(-1)?.seed ?? seed + groups}`)
}

function reportFailure({ failure, lap }: { failure: string; lap: Lap }): void {
  process.exitCode = 1
  stopping.abort()
  say(failure)
  say(`repeat with: npm run races -- --seed ${lap.seed} --races ${lap.groups * groupSize}`)
}

function progress(): string {
  const done = tally.races ?? 0
  const perSecond = Math.round(done / ((performance.now() - startedMs) / 1_000))
  return `${done} races, ${perSecond} a second`
}
