import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startLoop } from './loop.ts'

test('a loop pauses for a multiple of its turn only while the process is busy', async () => {
  const turns = [
    { tookMs: 10, isBusy: true },
    { tookMs: 20, isBusy: true },
    { tookMs: 30, isBusy: false },
    // The pause has a limit, so that the work advances.
    { tookMs: 1_000, isBusy: true },
  ]
  const pausesMs: number[] = []
  let turn = -1
  let nowMs = 0
  let end = (): void => undefined
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const loop = startLoop({
    turn: async () => {
      nowMs += turns[++turn]?.tookMs ?? 0
      if (turn === turns.length) end()
      return turn < turns.length
    },
    idleMs: 3_600_000,
    onError: () => undefined,
    yieldPolicy: { isBusy: () => turns[turn]?.isBusy ?? false, pauseFactor: 9 },
    clock: {
      nowMs: () => nowMs,
      sleep: async (ms) => {
        pausesMs.push(ms)
      },
    },
  })
  await ended
  await loop.stop()
  expect(pausesMs).toEqual([90, 180, 500])
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
  const loop = startLoop({
    turn: async () => {
      await sleep(1)
      return true
    },
    idleMs: 3_600_000,
    onError: () => undefined,
    yieldPolicy: {
      isBusy: () => {
        hasYielded()
        return true
      },
      pauseFactor: 1_000_000,
    },
  })
  await yields
  // A stop that waits for no timer ends before the next turn of the event loop.
  const first = await Promise.race([loop.stop().then(() => 'stopped'), turn('still waiting')])
  expect(first).toBe('stopped')
  await loop.stop()
})
