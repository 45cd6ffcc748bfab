import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startLoop, type YieldPolicy } from './loop.ts'

/** Starts a loop that always finds work, and counts its turns. */
function startWorking(yieldPolicy?: YieldPolicy) {
  let turns = 0
  let reached: () => void = () => undefined
  const loop = startLoop({
    turn: async () => {
      await sleep(2)
      turns++
      reached()
      return true
    },
    idleMs: 1_000,
    onError: () => undefined,
    yieldPolicy,
  })
  return {
    loop,
    turns: () => turns,
    hasTurned: (count: number) =>
      new Promise<void>((resolve) => {
        reached = () => {
          if (turns >= count) resolve()
        }
        reached()
      }),
  }
}

test('a loop that yields is slower than other loops while the process is busy, and only then', async () => {
  let busy = true
  const yielding = startWorking({ isBusy: () => busy, pauseFactor: 9 })
  const other = startWorking()
  await other.hasTurned(60)
  expect(yielding.turns()).toBeGreaterThan(0)
  expect(yielding.turns()).toBeLessThan(30)
  busy = false
  // The pause after the last busy turn may still run.
  await yielding.hasTurned(yielding.turns() + 1)
  const [mine, others] = [yielding.turns(), other.turns()]
  await yielding.hasTurned(mine + 60)
  expect(other.turns() - others).toBeLessThan(120)
  await Promise.all([yielding.loop.stop(), other.loop.stop()])
})

test('a nudge does not shorten the pause for requests, and is not lost', async () => {
  let turns = 0
  let busy = true
  const loop = startLoop({
    turn: async () => {
      await sleep(1)
      turns++
      if (turns === 1) loop.nudge()
      if (turns === 2) busy = false
      return false
    },
    idleMs: 3_600_000,
    onError: () => undefined,
    yieldPolicy: { isBusy: () => busy, pauseFactor: 1 },
  })
  while (turns < 2) await sleep(1)
  await loop.stop()
  expect(turns).toBe(2)
})

test('a stop does not wait for the end of a pause for requests', async () => {
  let hasYielded = (): void => undefined
  const yields = new Promise<void>((resolve) => {
    hasYielded = resolve
  })
  const { loop } = startWorking({
    isBusy: () => {
      hasYielded()
      return true
    },
    pauseFactor: 1_000_000,
  })
  await yields
  // A stop that waits for no timer ends before the next turn of the event loop.
  const first = await Promise.race([loop.stop().then(() => 'stopped'), turn('still waiting')])
  expect(first).toBe('stopped')
  await loop.stop()
})
