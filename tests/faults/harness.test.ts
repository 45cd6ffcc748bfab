import { afterAll, beforeAll, expect, test } from 'vitest'
import { faults } from './harness/faults.ts'
import { runRound } from './harness/round.ts'
import { openWorld, type World } from './harness/world.ts'

/** A seed to see again, or a new one each time. */
const seed = Number(process.env.HEDGE_SEED ?? Date.now() % 1_000_000_000)
// Each wait inside has a deadline of its own, and says what it has waited for.
const timeout = 600_000

let world: World

beforeAll(async () => {
  world = await openWorld()
}, timeout)

afterAll(async () => {
  await world?.close()
}, timeout)

test(`a server killed under load leaves no trace, seed ${seed}`, { timeout }, async () => {
  const fault = faults.find(({ name }) => name === 'kill-server')
  if (!fault) throw new Error('there is no such fault')
  const result = await runRound(world, { fault, seed })
  expect(result.violations).toEqual([])
  expect(result.acknowledged).toBeGreaterThan(0)
})
