import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startLoop } from './loop.ts'

/** A loop that always finds work, and how many turns it has had. */
function startWorking(courtesy?: { isBusy: () => boolean; times: number }) {
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
    courtesy,
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

test('work that gives way gets on more slowly than the rest while somebody waits, and only then', async () => {
  let busy = true
  const courteous = startWorking({ isBusy: () => busy, times: 9 })
  const other = startWorking()
  await other.hasTurned(60)
  expect(courteous.turns()).toBeGreaterThan(0)
  expect(courteous.turns()).toBeLessThan(30)
  busy = false
  const [mine, others] = [courteous.turns(), other.turns()]
  await courteous.hasTurned(mine + 60)
  expect(other.turns() - others).toBeLessThan(120)
  await Promise.all([courteous.loop.stop(), other.loop.stop()])
})

test('a nudge does not make work push in, but it is not forgotten', async () => {
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
    courtesy: { isBusy: () => busy, times: 1 },
  })
  while (turns < 2) await sleep(1)
  await loop.stop()
  expect(turns).toBe(2)
})

test('a stop does not wait until it was polite for long enough', async () => {
  const { promise: givesWay, resolve: waits } = Promise.withResolvers<void>()
  const { loop } = startWorking({
    isBusy: () => {
      waits()
      return true
    },
    times: 1_000_000,
  })
  await givesWay
  // What is not waiting for any time to pass is done before the next turn of the event loop.
  const first = await Promise.race([loop.stop().then(() => 'stopped'), turn('still waiting')])
  expect(first).toBe('stopped')
  await loop.stop()
})
