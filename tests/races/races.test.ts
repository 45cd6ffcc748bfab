import { afterEach, expect, test } from 'vitest'
import { createMigratedDatabase } from '../support/servers/server.ts'
import { isLongRun, size } from '../support/size.ts'
import { type Arena, type CreateCancel, openArena } from './arena.ts'
import { readThenWrite, selectBeside } from './broken-cancels.ts'
import { groupSize, RaceError, runRaces } from './races.ts'

/** `HEDGE_SEED` repeats a run. By default each run has a new seed. */
const seed = Number(process.env.HEDGE_SEED ?? Date.now() % 1_000_000_000)
const races = Number(process.env.HEDGE_RACES ?? size({ quick: 192, all: 2_048 }))

const opened: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of opened.splice(0)) await close()
})

async function openTestArena(createCancel?: CreateCancel): Promise<Arena> {
  const database = await createMigratedDatabase()
  const arena = await openArena(database.url, createCancel)
  opened.push(async () => {
    await arena.close()
    await database.drop()
  })
  return arena
}

test(`${races} races from seed ${seed} end as the contract says`, async () => {
  const arena = await openTestArena()
  const tally = await runRaces(arena, { seed, groups: Math.ceil(races / groupSize) })
  // Races that a cancel always wins, or always loses, would prove nothing.
  const outcomes = [
    'cancel 200',
    'cancel 412 canceled',
    'cancel 412 processing',
    'reverse 202',
    'capture 200',
  ]
  for (const outcome of outcomes) expect(tally[outcome] ?? 0, outcome).toBeGreaterThan(0)
})

test('races detect a cancel that reads an old status: a losing cancel reports a wrong status', async () => {
  const arena = await openTestArena(selectBeside)
  // Of seed 1, the first group does not find it.
  const racing = runRaces(arena, { seed: size({ quick: 2, all: 1 }), groups: 32 })
  await expect(racing).rejects.toThrow(RaceError)
  await expect(racing).rejects.toThrow(/got 412 payment_not_cancelable: (pending|initiated)/)
})

test.runIf(isLongRun)(
  'races detect a cancel that reads before it writes: two cancels win',
  async () => {
    // Such a cancel can also overwrite another step. A run ends with the first violation, of either kind.
    const found: string[] = []
    for (let seed = 1; seed <= 8; seed++) {
      const arena = await openTestArena(readThenWrite)
      const error = await runRaces(arena, { seed, groups: 32 }).catch((cause: Error) => cause)
      expect(error).toBeInstanceOf(RaceError)
      found.push((error as RaceError).message)
      if (/payment.canceled happened 2 times/.test(found.join())) return
    }
    expect.fail(`no run found two cancels:\n${found.join('\n')}`)
  },
)
