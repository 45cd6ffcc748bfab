import fc from 'fast-check'
import { expect, test } from 'vitest'
import { brokenInvariants } from '../support/databases/invariants.ts'
import { apiClient } from '../support/http/api.ts'
import { createMerchant, withServers } from '../support/servers/servers.ts'
import { size } from '../support/size.ts'
import { commands } from './commands.ts'
import type { Model, Real } from './world.ts'

// A failure prints its seed, path and replay path. To repeat it: `HEDGE_SEED=… HEDGE_PATH=…
// HEDGE_REPLAY_PATH=… npx vitest run tests/model/model.test.ts`.
const seed = Number(process.env.HEDGE_SEED ?? Date.now() % 1_000_000_000)
const { HEDGE_PATH: path, HEDGE_REPLAY_PATH: replayPath, HEDGE_RUNS: runs } = process.env
const numRuns = Number(runs ?? size({ quick: 1, all: 6 }))

/** The minimum of different pairs of request and answer. Runs usually have three times as many. */
const kindsMin = size({ quick: 1, all: 8 })

const fixture = withServers(2)

test(`two servers always agree with the model, seed ${seed}`, async () => {
  const drawn = fc.commands([...commands], {
    maxCommands: 60,
    size: 'max',
    ...(replayPath ? { replayPath } : {}),
  })
  const seen = new Set<string>()
  const property = fc.asyncProperty(drawn, async (run) => {
    // Each merchant has its own test clock.
    const { testKey } = await createMerchant(fixture)
    const apis = fixture.servers.map(({ url }) => apiClient(url, testKey))
    await fc.asyncModelRun(() => {
      const model: Model = { clockSeconds: 0, payments: [] }
      const real: Real = { apis, ids: [], createKeys: [], answered: [], seen }
      return { model, real }
    }, run)
  })
  // The library's biased runs are short and have few different commands, so they find nothing.
  const check = (drawn: number) =>
    fc.assert(property, { seed: drawn, numRuns, unbiased: true, ...(path ? { path } : {}) })
  await check(seed)
  // Runs with few different answers prove nothing, and some seeds draw only short ones. Then draw again.
  for (let next = seed + 1; !path && seen.size <= kindsMin; next++) await check(next)
  expect(await brokenInvariants(fixture.sql, { isAtRest: false })).toEqual({})
})
