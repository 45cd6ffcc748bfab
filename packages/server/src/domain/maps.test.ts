import { expect, test } from 'vitest'
import { addCount, forgetOldest } from './maps.ts'

test('the oldest entries above the limit are deleted, and the newest are kept', () => {
  const map = new Map([
    ['a', 1],
    ['b', 2],
    ['c', 3],
  ])
  map.delete('a')
  map.set('a', 4)
  forgetOldest(map, 2)
  expect([...map.keys()]).toEqual(['c', 'a'])
})

test('up to the limit nothing is deleted', () => {
  const set = new Set(['a', 'b'])
  forgetOldest(set, 2)
  expect([...set]).toEqual(['a', 'b'])
})

test('a limit of zero empties the map', () => {
  const set = new Set(['a', 'b'])
  forgetOldest(set, 0)
  expect(set.size).toBe(0)
})

test('a key whose count falls to zero is removed', () => {
  const counts = new Map<string, number>()
  addCount(counts, 'a', 2)
  addCount(counts, 'b', 1)
  addCount(counts, 'a', -1)
  addCount(counts, 'b', -1)
  expect([...counts]).toEqual([['a', 1]])
})
