import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nextSetSize, setSizeFirst } from './set-size.ts'

const stableLimit = (msPerPayment: number) => {
  let limit = setSizeFirst
  for (let i = 0; i < 50; i++) limit = nextSetSize(limit, limit * msPerPayment)
  return limit
}

test('the size of sets is adjusted until a set takes twenty milliseconds', () => {
  expect(stableLimit(0.02)).toBe(1_000)
  expect(stableLimit(0.05)).toBe(400)
})

test('after sets of any durations, the next size is within the bounds', () => {
  const took = fc.double({ min: 0, max: 1e9, noNaN: true })
  fc.assert(
    fc.property(fc.array(took, { maxLength: 40 }), (times) => {
      let limit = setSizeFirst
      for (const ms of times) limit = nextSetSize(limit, ms)
      return Number.isInteger(limit) && limit >= 250 && limit <= 4_000
    }),
  )
})
