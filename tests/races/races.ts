import { newId } from '../../packages/server/src/domain/ids.ts'
import type { Loop } from '../../packages/server/src/jobs/loop.ts'
import { type Chance, chanceOf } from '../support/chance.ts'
import { brokenInvariants } from '../support/databases/invariants.ts'
import { until } from '../support/until.ts'
import { type Arena, clear, startWorkers } from './arena.ts'
import { judge } from './judge.ts'
import { isQuiet, readAftermath, readUnrest } from './records.ts'
import { drawRivals, type Rival, run, type Told } from './rivals.ts'
import { insertCopies, makeTemplates, type Template } from './starts.ts'

/** Races of one group run at once, so that batches, sets of tasks and pools are shared. */
export const groupSize = 64
/**
 * Groups of one lap, after which the whole database is checked and emptied. To empty it makes every
 * connection plan its statements anew, which is worth it every few thousand races.
 */
const groupsOfLap = 64

/** How often what has happened, to see that the races are races. */
export type Tally = Record<string, number>

/** What is wrong, and the groups among which it went wrong: the first one's seed, and how many. */
export class RaceError extends Error {
  readonly seed: number
  readonly groups: number

  constructor({ seed, groups }: Lap, problems: readonly string[]) {
    super(`races of seed ${seed} went wrong:\n${problems.join('\n')}`)
    this.name = 'RaceError'
    this.seed = seed
    this.groups = groups
  }
}

/** Groups in a row. */
export interface Lap {
  /** The first group's seed; each further group has the next number. */
  readonly seed: number
  readonly groups: number
}

/** Runs groups of races on an arena of their own. @throws {RaceError} for the first that is wrong. */
export async function runRaces(arena: Arena, { seed, groups }: Lap): Promise<Tally> {
  const templates = await makeTemplates(arena)
  const tally: Tally = {}
  for (const lap of lapsOf({ seed, groups })) add(tally, await runLap(arena, templates, lap))
  return tally
}

/** Splits groups in a row into laps. */
export function lapsOf({ seed, groups }: Lap): Lap[] {
  return Array.from({ length: Math.ceil(groups / groupsOfLap) }, (_, n) => ({
    seed: seed + n * groupsOfLap,
    groups: Math.min(groupsOfLap, groups - n * groupsOfLap),
  }))
}

/** Runs one lap on an empty arena, and leaves it empty. @throws {RaceError} as `runRaces` does. */
export async function runLap(
  arena: Arena,
  templates: readonly Template[],
  lap: Lap,
): Promise<Tally> {
  const tally: Tally = {}
  const workers = startWorkers(arena)
  try {
    for (let n = 0; n < lap.groups; n++) {
      await runGroup(arena, { workers, templates, seed: lap.seed + n, tally })
    }
  } finally {
    await Promise.all(workers.map((loop) => loop.stop()))
  }
  const broken = await brokenInvariants(arena.sql, { isAtRest: true })
  if (Object.keys(broken).length > 0) throw new RaceError(lap, [show(broken)])
  await clear(arena.sql)
  return tally
}

/** Adds what happened in some races to what happened in others. */
export function add(tally: Tally, more: Tally): void {
  for (const [name, count] of Object.entries(more)) tally[name] = (tally[name] ?? 0) + count
}

interface Race {
  readonly template: Template
  readonly id: string
  readonly rivals: readonly Rival[]
}

async function runGroup(
  arena: Arena,
  group: { workers: readonly Loop[]; templates: readonly Template[]; seed: number; tally: Tally },
): Promise<void> {
  const { workers, seed, tally } = group
  const races = drawRaces(chanceOf(seed), group.templates)
  await insertCopies(arena, races)
  const ids = races.map(({ id }) => id)
  const before = new Map((await readAftermath(arena.sql, ids)).map((row) => [row.id, row]))
  const told = await Promise.all(races.map((race) => runRace(arena, workers, race)))
  await until('all is quiet', async () => {
    if (await isQuiet(arena.sql)) return true
    for (const loop of workers) loop.nudge()
    return false
  }).catch(async (error: Error) => {
    const left = show(await readUnrest(arena.sql))
    throw new RaceError({ seed, groups: 1 }, [error.message, left, ...arena.complaints.map(String)])
  })
  const after = new Map((await readAftermath(arena.sql, ids)).map((row) => [row.id, row]))
  const problems = races.flatMap((race, n) => {
    const [was, is] = [before.get(race.id), after.get(race.id)]
    if (!was || !is) return [`${race.id} is gone`]
    count(tally, race, is, told[n] ?? [])
    const isCapturedByHand = race.template.start.name === 'captured by hand'
    const found = judge({ before: was, after: is, told: told[n] ?? [], isCapturedByHand })
    return found.length > 0 ? [`${race.template.start.name}: ${found.join('; ')}\n${show(is)}`] : []
  })
  problems.push(...arena.complaints.map(String))
  if (problems.length > 0) throw new RaceError({ seed, groups: 1 }, problems)
}

function drawRaces(chance: Chance, templates: readonly Template[]): Race[] {
  return Array.from({ length: groupSize }, () => {
    const template = chance.pick(templates)
    const id = newId('payment')
    return { template, id, rivals: drawRivals(chance, template.start, id) }
  })
}

async function runRace(arena: Arena, workers: readonly Loop[], race: Race): Promise<Told[]> {
  const told = await Promise.all(
    race.rivals.map((rival) => run(arena, workers, { rival, paymentId: race.id })),
  )
  return told.filter((answer) => answer !== null)
}

function count(tally: Tally, race: Race, after: { status: string }, told: readonly Told[]): void {
  const names = [
    'races',
    `${race.template.start.name} → ${after.status}`,
    ...told.map(({ rival, status, body }) =>
      status < 400
        ? `${rival.kind} ${status}`
        : `${rival.kind} ${status} ${body.error.details?.current_status ?? body.error.code}`,
    ),
  ]
  for (const name of names) tally[name] = (tally[name] ?? 0) + 1
}

function show(value: unknown): string {
  return JSON.stringify(value, null, 1)
}
