import { expect, test } from 'vitest'
import { neededStandbys } from './settings.ts'

test.each([
  ['', 0],
  ['a', 1],
  ['*', 1],
  ['a, b', 1],
  ['FIRST 2 (a, b)', 2],
  ['any 3 (a, b, c)', 3],
  ['2 (a, b)', 2],
])('commits with synchronous_standby_names = "%s" wait for %i standbys', (names, count) => {
  expect(neededStandbys(new Map([['synchronous_standby_names', names]]))).toBe(count)
})
