import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { disableGuards } from '../support/sql.ts'
import { findViolations, type Violation } from './harness/checks.ts'
import { faults } from './harness/faults.ts'
import { type Plant, plants } from './harness/plants.ts'
import { type Fault, runRound } from './harness/round.ts'
import { openWorld, type World } from './harness/world.ts'

/** A seed to see again, or a new one each time. */
const seed = Number(process.env.HEDGE_SEED ?? Date.now() % 1_000_000_000)
// Each wait inside has a deadline of its own, and says what it has waited for.
const timeout = 900_000

let world: World

beforeAll(async () => {
  world = await openWorld()
}, timeout)

afterAll(async () => {
  await world?.close()
}, timeout)

/** Several faults one after the other, and one look at the end: leases are waited for once. */
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

test(`servers, PostgreSQL and connections break under load and nothing comes of it, seed ${seed}`, {
  timeout,
}, async () => {
  const fault = together(['cut-connections', 'die-anywhere', 'kill-postgres'])
  const result = await runRound(world, { fault, seed })
  expect(result.violations).toEqual([])
  // A load of which nothing is acknowledged, or to which nothing happens, would prove nothing.
  expect(result.acknowledged).toBeGreaterThan(100)
  expect(world.journal.broken.length).toBeGreaterThan(0)
})

// On what the round has left. Whatever is planted in the database is rolled back.
describe('the checks catch', () => {
  test.each([...plants])('$name', { timeout }, async (plant) => {
    expect(await plantAndCheck(plant)).toContainEqual({
      kind: plant.kind,
      what: expect.stringMatching(plant.found),
    })
  })

  test('nothing, where nothing was planted', { timeout }, async () => {
    const harmless: Plant = { name: '', kind: 'wrong', found: /./, sql: 'select 1' }
    expect(await plantAndCheck(harmless)).toEqual([])
  })
})

async function plantAndCheck({ sql = 'select 1', change }: Plant): Promise<Violation[]> {
  const { hooks, journal, fleet } = world
  const evidence = {
    journal: { ...journal, broken: [...journal.broken], complaints: [...journal.complaints] },
    hooks: { accepted: new Map(hooks.accepted), forged: [...hooks.forged] },
    slots: fleet.slots,
    surprises: [...fleet.surprises],
  }
  change?.(evidence)
  const client = await world.sql.connect()
  try {
    await client.query(`begin; ${disableGuards}`)
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
