import { afterEach, expect, test } from 'vitest'
import { createMigratedDatabase } from '../support/servers/server.ts'
import { isLongRun, size } from '../support/size.ts'
import { type Arena, type CancelOf, openArena } from './arena.ts'
import { readThenWrite, selectBeside } from './broken-cancels.ts'
import { groupSize, RaceError, runRaces } from './races.ts'

/** A seed to see again, or a new one each time. */
const seed = Number(process.env.HEDGE_SEED ?? Date.now() % 1_000_000_000)
const races = Number(process.env.HEDGE_RACES ?? size({ quick: 192, all: 2_048 }))

const opened: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of opened.splice(0)) await close()
})

async function arenaOf(cancelOf?: CancelOf): Promise<Arena> {
  const database = await createMigratedDatabase()
  const arena = await openArena(database.url, cancelOf)
  opened.push(async () => {
    await arena.close()
    await database.drop()
  })
  return arena
}

test(`${races} races from seed ${seed} end by the contract`, async () => {
  const tally = await runRaces(await arenaOf(), { seed, groups: Math.ceil(races / groupSize) })
  // Races in which somebody always wins, or never, would prove nothing.
  const outcomes = ['cancel 200', 'cancel 412 canceled', 'cancel 412 processing', 'reverse 202']
  for (const outcome of outcomes) expect(tally[outcome] ?? 0, outcome).toBeGreaterThan(0)
})

test('a cancel that reads beside its write is caught by what its losers are told', async () => {
  const arena = await arenaOf(selectBeside)
  const racing = runRaces(arena, { seed: 1, groups: 32 })
  await expect(racing).rejects.toThrow(RaceError)
  await expect(racing).rejects.toThrow(/was told 412 payment_not_cancelable: (pending|initiated)/)
})

test.runIf(isLongRun)(
  'a cancel that reads before it writes is caught by its second winner',
  async () => {
    const racing = runRaces(await arenaOf(readThenWrite), { seed: 1, groups: 32 })
    await expect(racing).rejects.toThrow(RaceError)
    await expect(racing).rejects.toThrow(/payment.canceled happened 2 times/)
  },
)
