import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startBundledPostgres } from '../../packages/bundled-postgres/src/start.ts'
import { createDatabase } from '../support/databases/postgres.ts'
import { throwAway } from '../support/databases/throw-away.ts'
import type { Said } from './racer.ts'
import { add, groupSize, type Lap, lapsOf, type Tally } from './races.ts'

// `npm run races`: a million races on a PostgreSQL of their own, or as many as `--races` says.
// `--seed` begins with another one. What happens in a group follows from its seed, whichever
// process runs it: to see a group again, give its seed and as many races as a group has.

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
  throw new Error('--races, --seed and --processes are numbers')
}
const say = (line: string) => process.stdout.write(`${line}\n`)
// Nobody may be reading any more; the database has to be stopped all the same.
process.stdout.on('error', () => undefined)

/** Asked to stop, it does so after the laps that run. */
const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopping.abort())

/** Of a database that is emptied every few thousand races, there is nothing to vacuum. */
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

/** Runs a process that races, and gives it laps until there are no more. */
async function startRacer(): Promise<void> {
  const { url } = await createDatabase(postgres.url)
  const child = fork(join(import.meta.dirname, 'racer.ts'), {
    env: { ...process.env, HEDGE_RACES_URL: url },
  })
  child.on('message', (said: Said) => {
    if ('wrong' in said) reportWrong(said)
    else recordLap(said.tally)
    giveLap(child)
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) {
    process.exitCode = 1
    stopping.abort()
    say(`a process that raced ended with ${code}`)
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

function reportWrong({ wrong, lap }: { wrong: string; lap: Lap }): void {
  process.exitCode = 1
  stopping.abort()
  say(wrong)
  say(`again: npm run races -- --seed ${lap.seed} --races ${lap.groups * groupSize}`)
}

function progress(): string {
  const done = tally.races ?? 0
  const perSecond = Math.round(done / ((performance.now() - startedMs) / 1_000))
  return `${done} races, ${perSecond} a second`
}
