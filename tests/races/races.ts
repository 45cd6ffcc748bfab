import { newId } from '../../packages/server/src/domain/ids.ts'
import type { Loop } from '../../packages/server/src/jobs/loop.ts'
import { type Chance, chanceOf } from '../support/chance.ts'
import { brokenInvariants } from '../support/databases/invariants.ts'
import { until } from '../support/until.ts'
import { type Arena, clear, startWorkers } from './arena.ts'
import { judge } from './judge.ts'
import { hasNoPendingWork, readAftermath, readPendingWork } from './records.ts'
import { drawRivals, type Rival, type RivalAnswer, run } from './rivals.ts'
import { insertCopies, makeTemplates, type Template } from './starts.ts'

/** Races of one group run concurrently, so that they share batches, sets of tasks and pools. */
export const groupSize = 64
/**
 * Groups of one lap. After a lap the whole database is checked and emptied. Emptying makes every
 * connection plan its statements again, so a lap has a few thousand races.
 */
const groupsOfLap = 64

/** Counts of outcomes by name. They show that the races have more than one outcome. */
export type Tally = Record<string, number>

/** Races broke the contract. `seed` and `groups` are the lap that repeats them. */
export class RaceError extends Error {
  readonly seed: number
  readonly groups: number

  constructor({ seed, groups }: Lap, problems: readonly string[]) {
    super(`races of seed ${seed} broke the contract:\n${problems.join('\n')}`)
    this.name = 'RaceError'
    this.seed = seed
    this.groups = groups
  }
}

/** Consecutive groups. */
export interface Lap {
  /** The first group's seed; each further group has the next number. */
  readonly seed: number
  readonly groups: number
}

/** Runs groups of races on an arena of their own. @throws {RaceError} for the first failed group. */
export async function runRaces(arena: Arena, { seed, groups }: Lap): Promise<Tally> {
  const templates = await makeTemplates(arena)
  const tally: Tally = {}
  for (const lap of lapsOf({ seed, groups })) add(tally, await runLap(arena, templates, lap))
  return tally
}

/** Splits consecutive groups into laps. */
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

/** Adds the counts of `more` to `tally`. */
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
  const answers = await Promise.all(races.map((race) => runRace(arena, workers, race)))
  await until('no work is pending', async () => {
    if (await hasNoPendingWork(arena.sql)) return true
    for (const loop of workers) loop.nudge()
    return false
  }).catch(async (error: Error) => {
    const left = show(await readPendingWork(arena.sql))
    throw new RaceError({ seed, groups: 1 }, [error.message, left, ...arena.errors.map(String)])
  })
  const after = new Map((await readAftermath(arena.sql, ids)).map((row) => [row.id, row]))
  const problems = races.flatMap((race, n) => {
    const [was, is] = [before.get(race.id), after.get(race.id)]
    if (!was || !is) return [`${race.id} is gone`]
    count(tally, race, is, answers[n] ?? [])
    const isCapturedByHand = race.template.start.name === 'captured by hand'
    const found = judge({ before: was, after: is, answers: answers[n] ?? [], isCapturedByHand })
    return found.length > 0 ? [`${race.template.start.name}: ${found.join('; ')}\n${show(is)}`] : []
  })
  problems.push(...arena.errors.map(String))
  if (problems.length > 0) throw new RaceError({ seed, groups: 1 }, problems)
}

function drawRaces(chance: Chance, templates: readonly Template[]): Race[] {
  return Array.from({ length: groupSize }, () => {
    const template = chance.pick(templates)
    const id = newId('payment')
    return { template, id, rivals: drawRivals(chance, template.start, id) }
  })
}

async function runRace(arena: Arena, workers: readonly Loop[], race: Race): Promise<RivalAnswer[]> {
  const answers = await Promise.all(
    race.rivals.map((rival) => run(arena, workers, { rival, paymentId: race.id })),
  )
  return answers.filter((answer) => answer !== null)
}

function count(
  tally: Tally,
  race: Race,
  after: { status: string },
  answers: readonly RivalAnswer[],
): void {
  const names = [
    'races',
    `${race.template.start.name} → ${after.status}`,
    ...answers.map(({ rival, status, body }) =>
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
