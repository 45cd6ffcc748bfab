import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { chanceOf } from '../support/chance.ts'
import { disableGuards } from '../support/databases/sql.ts'
import { isLongRun, size } from '../support/size.ts'
import { findViolations, type Violation } from './harness/checks/checks.ts'
import { type Plant, plants } from './harness/checks/plants.ts'
import { findChanged } from './harness/checks/replays.ts'
import { faults } from './harness/faults/faults.ts'
import { type Fault, runRound } from './harness/round.ts'
import { openWorld, type World } from './harness/world/world.ts'

/** `HEDGE_SEED` repeats a run. By default each run has a new seed. */
const seed = Number(process.env.HEDGE_SEED ?? Date.now() % 1_000_000_000)

/** `npm test` causes one fault, and does not wait for the leases of the killed server. */
const chosenFaults = size({
  quick: ['kill-server'],
  all: ['cut-connections', 'die-anywhere', 'kill-postgres'],
})

/** `npm test` sends fewer requests. */
const load = size({
  quick: { clientCount: 3, answeredMin: 130, healthyMs: 1_000 },
  all: { clientCount: 16, answeredMin: 300 },
})

/** `npm test` plants violations of every kind, in rows that every short load creates. */
const quickPlants = [
  'an acknowledged cancel that is undone',
  'a create that made two payments',
  'a step with two events',
  'a webhook with a wrong signature',
  'two different answers to one key',
  'a server that ended by itself',
]

let world: World

beforeAll(async () => {
  world = await openWorld({ serverFile: inject('programs').server })
})

afterAll(async () => {
  await world?.close()
})

/** Combines faults, one after the other, with one check at the end. So leases are awaited only once. */
function together(names: readonly string[]): Fault {
  const chosen = names.map((name) => {
    const found = faults.find((fault) => fault.name === name)
    if (!found) throw new Error(`there is no fault ${name}`)
    return found
  })
  const each = (of: 'prepare' | 'strike' | 'tidy'): Fault['strike'] => {
    return async (scene) => {
      for (const fault of chosen) await fault[of]?.(scene)
    }
  }
  return {
    name: names.join(),
    prepare: each('prepare'),
    strike: each('strike'),
    tidy: each('tidy'),
  }
}

test(`nothing is lost or done twice when ${chosenFaults.join(', ')} break a system under load, seed ${seed}`, async () => {
  const fault = together(chosenFaults)
  const result = await runRound(world, { fault, seed, endsLeases: !isLongRun, ...load })
  expect(result.violations).toEqual([])
  // A load without acknowledged requests or without broken attempts would prove nothing.
  expect(result.acknowledged).toBeGreaterThan(100)
  expect(world.journal.broken.length).toBeGreaterThan(0)
})

// These tests use the records of the round. Planted changes of the database are rolled back.
describe('the checks report', () => {
  test.each(plants.filter(({ name }) => isLongRun || quickPlants.includes(name)))(
    '$name',
    async (plant) => {
      expect(await plantAndCheck(plant)).toContainEqual({
        kind: plant.kind,
        what: expect.stringMatching(plant.found),
      })
    },
  )

  test('a stored answer that differs from the first answer', async () => {
    const { journal, fleet, sql } = world
    const first = journal.answered.find(({ kind, status }) => kind === 'initiate' && status < 300)
    if (!first) throw new Error('no submission was acknowledged')
    const only = { ...journal, answered: [first] }
    const put = (status: number, text: string) =>
      sql.query('update idempotency_records set http_status = $2, body = $3 where key = $1', [
        first.key,
        status,
        text,
      ])
    await put(412, '{"error":{"code":"payment_not_initiable","message":"It is initiated."}}')
    const found = await findChanged({ fleet, journal: only, sql }, chanceOf(seed))
    await put(first.status, first.text)
    const what = expect.stringMatching(/^initiate was answered .*, and .*payment_not_initiable/)
    expect(found).toContainEqual({ kind: 'lost', what })
    expect(await findChanged({ fleet, journal: only, sql }, chanceOf(seed))).toEqual([])
  })

  test('nothing if nothing was planted', async () => {
    const harmless: Plant = { name: '', kind: 'wrong', found: /./, sql: 'select 1' }
    expect(await plantAndCheck(harmless)).toEqual([])
  })
})

async function plantAndCheck({ sql = 'select 1', change }: Plant): Promise<Violation[]> {
  const { hooks, journal, fleet } = world
  const evidence = {
    journal: {
      ...journal,
      answered: [...journal.answered],
      broken: [...journal.broken],
      complaints: [...journal.complaints],
    },
    hooks: { accepted: new Map(hooks.accepted), forged: [...hooks.forged] },
    slots: fleet.slots,
    surprises: [...fleet.surprises],
  }
  change?.(evidence)
  const client = await world.sql.connect()
  try {
    for (const text of ['begin', ...disableGuards]) await client.query(text)
    const { rowCount } = await client.query(sql)
    expect(rowCount).toBe(1)
    const query = async (text: string, values?: unknown[]) =>
      (await client.query(text, values)).rows
    return await findViolations({ ...evidence, query })
  } finally {
    await client.query('rollback')
    client.release()
  }
}
