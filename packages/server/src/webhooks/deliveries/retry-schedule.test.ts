import fc from 'fast-check'
import { expect, test } from 'vitest'
import { retryDelayMs } from './retry-schedule.ts'

const failed = { livemode: true, tries: 1, retryAfter: null, nowMs: 0, random: 0 }

function waits(livemode: boolean): (number | null)[] {
  return [1, 2, 3, 4, 5, 6].map((tries) => retryDelayMs({ ...failed, livemode, tries }))
}

test('retries are after one and five minutes, half an hour, two hours and a day, then no more', () => {
  const minutes = [1, 5, 30, 120, 1_440].map((minute) => minute * 60_000)
  expect(waits(true)).toEqual([...minutes, null])
})

test('retries in test mode are after seconds', () => {
  expect(waits(false)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, null])
})

test('a delay is never shorter than the schedule, and at most a fifth longer', () => {
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.integer({ min: 1, max: 5 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (livemode, tries, random) => {
        const least = retryDelayMs({ ...failed, livemode, tries }) ?? 0
        const delay = retryDelayMs({ ...failed, livemode, tries, random }) ?? 0
        expect(delay).toBeGreaterThanOrEqual(least)
        expect(delay).toBeLessThanOrEqual(Math.ceil(least * 1.2))
      },
    ),
  )
})

test.each([
  ['120', 120_000],
  [' 90 ', 90_000],
  ['Thu, 01 Jan 1970 00:10:00 GMT', 600_000],
  ['Wed, 31 Dec 1969 00:00:00 GMT', 60_000],
  ['5', 60_000],
  ['9999999', 86_400_000],
  ['soon', 60_000],
  ['-5', 60_000],
])('Retry-After %j sets the delay to %i ms', (retryAfter, expected) => {
  expect(retryDelayMs({ ...failed, retryAfter })).toBe(expected)
})

test('Retry-After is limited to a minute in test mode', () => {
  expect(retryDelayMs({ ...failed, livemode: false, retryAfter: '3600' })).toBe(60_000)
})
