import { expect, test } from 'vitest'
import { plusSeconds } from '../../domain/time.ts'
import { nextWatch } from './plan-watch.ts'

const now = '2030-06-15T10:32:00Z'
const day = 86_400

test('an authorization is looked up every day, a day before its end, and at its end', () => {
  const end = plusSeconds(now, 7 * day)
  expect(nextWatch(end, now)).toBe(plusSeconds(now, day))
  expect(nextWatch(end, plusSeconds(now, 5 * day + 60))).toBe(plusSeconds(now, 6 * day))
  expect(nextWatch(end, plusSeconds(now, 6 * day - 1))).toBe(plusSeconds(now, 6 * day))
  expect(nextWatch(end, plusSeconds(now, 6 * day))).toBe(end)
  expect(nextWatch(plusSeconds(now, 60), now)).toBe(plusSeconds(now, 60))
})

test('an authorization without a known end is looked up every day', () => {
  expect(nextWatch(null, now)).toBe(plusSeconds(now, day))
})
