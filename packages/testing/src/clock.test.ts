import { expect, test } from 'vitest'
import { parseDuration } from './clock.ts'

test.each([
  ['90s', 90],
  ['30m', 1_800],
  ['1h', 3_600],
  ['7d', 604_800],
  ['0s', 0],
  ['366d', 31_622_400],
  [{ seconds: 5 }, 5],
])('%j is a duration of %i seconds', (duration, seconds) => {
  expect(parseDuration(duration)).toBe(seconds)
})

test.each([
  '7',
  '7 d',
  '1w',
  '1.5h',
  '-1h',
  '1h30m',
  'd',
  '',
  '367d',
  7,
  null,
  undefined,
  { seconds: 1.5 },
  { seconds: -1 },
  { seconds: '1' },
  { minutes: 1 },
  { seconds: 1, minutes: 1 },
])('%j is refused, with the received and the expected value', (duration) => {
  expect(() => parseDuration(duration)).toThrow(
    `or { seconds }, of whole seconds up to 366 days, but got ${JSON.stringify(duration)}`,
  )
})

test('a bigint is refused as well', () => {
  expect(() => parseDuration(5n)).toThrow('of whole seconds up to 366 days, but got 5n')
})
