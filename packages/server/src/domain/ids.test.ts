import { isId } from '@hedgepayments/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { firstIdAt, madeAtMs, newId } from './ids.ts'

/** Ten characters of 5 bits reach the year 37,658. JavaScript's dates end earlier. */
const milliseconds = fc.integer({ min: 0, max: 8.64e15 / 10 })

test('ids contain their millisecond, and sort by it', () => {
  fc.assert(
    fc.property(milliseconds, milliseconds, (a, b) => {
      const [one, other] = [newId('payment', a), newId('payment', b)]
      expect([madeAtMs(one), madeAtMs(other)]).toEqual([a, b])
      if (a !== b) expect(one < other).toBe(a < b)
    }),
  )
})

test('the first id of a millisecond sorts before its other ids and after all earlier ids', () => {
  fc.assert(
    fc.property(milliseconds, (ms) => {
      const first = firstIdAt('payment', ms + 1)
      expect(newId('payment', ms + 1) > first).toBe(true)
      expect(newId('payment', ms) < first).toBe(true)
    }),
  )
})

test('a hundred thousand ids of one millisecond are unique and well-formed', () => {
  const ids = Array.from({ length: 100_000 }, () => newId('payment', 1_718_447_520_000))
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.every((id) => isId('payment', id))).toBe(true)
  const characters = new Set(ids.flatMap((id) => [...id.slice(14)]))
  expect(characters.size).toBe(32)
})
