import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nextSize, scanBounds, setBounds, sizeAfterFailures } from './step-size.ts'

const stableSize = (msPerPayment: number) => {
  let size = setBounds.first
  for (let i = 0; i < 50; i++) size = nextSize(setBounds, size, size * msPerPayment)
  return size
}

test('the size of sets is adjusted until a set takes twenty milliseconds', () => {
  expect(stableSize(0.02)).toBe(1_000)
  expect(stableSize(0.05)).toBe(400)
})

test.each([
  ['canceling', setBounds],
  ['selecting', scanBounds],
])('after steps of any durations, the next size for %s is within the bounds', (_, bounds) => {
  const took = fc.double({ min: 0, max: 1e9, noNaN: true })
  fc.assert(
    fc.property(fc.array(took, { maxLength: 40 }), (times) => {
      let size = bounds.first
      for (const ms of times) size = nextSize(bounds, size, ms)
      return Number.isInteger(size) && size >= bounds.min && size <= bounds.max
    }),
  )
})

test('steps that failures have made smaller grow again, by half at most', () => {
  let size = sizeAfterFailures(setBounds.first, 9)
  const sizes: number[] = []
  for (; size < setBounds.min; size = nextSize(setBounds, size, 1)) sizes.push(size)
  expect(sizes.slice(0, 5)).toEqual([1, 2, 3, 5, 8])
})

test('each failure in a row makes the step smaller, down to one payment', () => {
  const sizes = [0, 1, 2, 3, 4, 5, 1_000].map((failures) => sizeAfterFailures(500, failures))
  expect(sizes).toEqual([500, 125, 31, 7, 1, 1, 1])
})
