import { isId } from '@hedgepayments/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { firstIdAt, madeAtMs, newId } from './ids.ts'

/** Ten characters of 5 bits: the year 37,658. JavaScript's dates end before. */
const moment = fc.integer({ min: 0, max: 8.64e15 / 10 })

test('ids sort by the millisecond in which they were made, which they tell', () => {
  fc.assert(
    fc.property(moment, moment, (a, b) => {
      const [one, other] = [newId('payment', a), newId('payment', b)]
      expect([madeAtMs(one), madeAtMs(other)]).toEqual([a, b])
      if (a !== b) expect(one < other).toBe(a < b)
    }),
  )
})

test('the first id of a millisecond is lower than all of it and higher than any before', () => {
  fc.assert(
    fc.property(moment, (ms) => {
      const first = firstIdAt('payment', ms + 1)
      expect(newId('payment', ms + 1) > first).toBe(true)
      expect(newId('payment', ms) < first).toBe(true)
    }),
  )
})

test('a hundred thousand ids of one millisecond are all different and of the right shape', () => {
  const ids = Array.from({ length: 100_000 }, () => newId('payment', 1_718_447_520_000))
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.every((id) => isId('payment', id))).toBe(true)
  const characters = new Set(ids.flatMap((id) => [...id.slice(14)]))
  expect(characters.size).toBe(32)
})
