import { expect, test } from 'vitest'
import { parseTime } from './types.ts'

test.each([
  ['2024-06-15 10:32:00+00', '2024-06-15T10:32:00Z'],
  ['2024-06-15 10:32:00.999999+00', '2024-06-15T10:32:00Z'],
  ['2024-06-15 19:32:00+09', '2024-06-15T10:32:00Z'],
  ['2024-06-15 19:32:00.5+09', '2024-06-15T10:32:00Z'],
  ['2024-06-15 16:02:00+05:30', '2024-06-15T10:32:00Z'],
  ['2024-06-14 23:32:00-11', '2024-06-15T10:32:00Z'],
])('the time %s is %s, whatever the zone of the session', (text, time) => {
  expect(parseTime(text)).toBe(time)
})

test.each(['Sat 15 Jun 10:32:00 2024 UTC', '15/06/2024 10:32:00 UTC', 'infinity'])(
  'the time %s is refused',
  (text) => {
    expect(() => parseTime(text)).toThrow(text)
  },
)
