import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pendingSeconds, retrySeconds } from './backoff.ts'

const random = fc.double({ min: 0, max: 1, noNaN: true })
const bounds = { min: 5, max: 300 }

test('after consecutive failures the pause doubles from one second up to five minutes', () => {
  const pauses = Array.from({ length: 11 }, (_, n) => retrySeconds(n + 1, 0))
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
})

test('the pause after failures is never shorter than the schedule, and at most half again as long', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e9 }), random, (failures, chance) => {
      const least = retrySeconds(failures, 0)
      expect(least).toBeGreaterThanOrEqual(1)
      expect(retrySeconds(failures, chance)).toBeGreaterThanOrEqual(least)
      expect(retrySeconds(failures, chance)).toBeLessThanOrEqual(Math.ceil(least * 1.5))
      expect(retrySeconds(failures + 1, 0)).toBeGreaterThanOrEqual(least)
    }),
  )
})

test('a pending job is checked within its bounds, and less often the longer it is pending', () => {
  expect([0, 50, 100, 600, 3_000, 1e9].map((age) => pendingSeconds(age, bounds, 0))).toEqual([
    5, 5, 10, 60, 300, 300,
  ])
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), random, (age, chance) => {
      const pause = pendingSeconds(age, bounds, chance)
      expect(pause).toBeGreaterThanOrEqual(bounds.min)
      expect(pause).toBeLessThanOrEqual(bounds.max * 1.5)
      expect(pendingSeconds(age + 1, bounds, chance)).toBeGreaterThanOrEqual(pause)
    }),
  )
})
