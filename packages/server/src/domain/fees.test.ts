import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { feeOf, feeScheduleDefault } from './fees.ts'

describe('a fee', () => {
  test.each([
    [9999, 320], // 289.971 → 290, + 30
    [10_000, 320],
    [50, 31], // 1.45 → 1
    [1_000, 59],
    [99_999_999, 2_900_030],
  ])('of %i is %i: 2.9 %% rounded half up, + 30', (amount, fee) => {
    expect(feeOf(amount, feeScheduleDefault)).toBe(fee)
  })

  test('is rounded half up', () => {
    expect(feeOf(50, { basisPoints: 100, fixedMinor: 0 })).toBe(1)
    expect(feeOf(49, { basisPoints: 100, fixedMinor: 0 })).toBe(0)
    expect(feeOf(150, { basisPoints: 100, fixedMinor: 0 })).toBe(2)
  })

  test('is an integer from zero to the amount', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 99_999_999 }),
        fc.integer({ min: 0, max: 10_000 }),
        fc.integer({ min: 0, max: 99_999_999 }),
        (amount, basisPoints, fixedMinor) => {
          const fee = feeOf(amount, { basisPoints, fixedMinor })
          expect(Number.isSafeInteger(fee)).toBe(true)
          expect(fee).toBeGreaterThanOrEqual(0)
          expect(fee).toBeLessThanOrEqual(amount)
          const exact = (amount * basisPoints) / 10_000 + fixedMinor
          if (exact < amount - 1) expect(Math.abs(fee - exact)).toBeLessThanOrEqual(0.5)
        },
      ),
    )
  })

  test('is at most the amount of a tiny payment', () => {
    expect(feeOf(1, feeScheduleDefault)).toBe(1)
    expect(feeOf(30, feeScheduleDefault)).toBe(30)
  })
})
