import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startBundledPostgres } from '../../packages/server/src/database/bundled/start.ts'
import { throwAway } from '../support/throw-away.ts'
import { openArena } from './arena.ts'
import { groupSize, RaceError, runRaces } from './races.ts'

// `npm run races`: a million races on a PostgreSQL of their own, or as many as `--races` says.
// `--seed` begins with another one; to see a group again, give its seed and `--races 1`.

const { values: flags } = parseArgs({
  options: {
    races: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
  },
})

const seed = Number(flags.seed)
const groups = Math.ceil(Number(flags.races) / groupSize)
if (!Number.isSafeInteger(seed) || !(groups > 0)) throw new Error('--races and --seed are numbers')
const say = (line: string) => process.stdout.write(`${line}\n`)
// Nobody may be reading any more; the database has to be stopped all the same.
process.stdout.on('error', () => undefined)

/** Asked to stop, it does so after the group that runs. */
const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopping.abort())

const dataDir = await mkdtemp(join(tmpdir(), 'hedge-races-'))
const postgres = await startBundledPostgres({ dataDir, log: () => undefined, settings: throwAway })
const arena = await openArena(postgres.url)
const startedMs = performance.now()
const rate = (done: number) => Math.round(done / ((performance.now() - startedMs) / 1_000))
try {
  say(`${groups * groupSize} races from seed ${seed}`)
  const tally = await runRaces(arena, {
    seed,
    groups,
    onGroup({ groups: n }) {
      stopping.signal.throwIfAborted()
      const done = n * groupSize
      if (n % 160 === 0) say(`${done} races, ${rate(done)} a second, now at seed ${seed + n}`)
    },
  })
  for (const [name, count] of Object.entries(tally).sort())
    say(`${String(count).padStart(9)} ${name}`)
  say(`no violation in ${groups * groupSize} races, ${rate(groups * groupSize)} a second`)
} catch (error) {
  process.exitCode = 1
  if (error instanceof RaceError) {
    say(error.message)
    say(`again: npm run races -- --seed ${error.seed} --races ${groupSize}`)
  } else if (!stopping.signal.aborted) throw error
} finally {
  await arena.close()
  await postgres.stop()
  await rm(dataDir, { recursive: true, force: true })
}
