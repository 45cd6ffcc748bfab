import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { retryAfterMaxSeconds, retryAfterSeconds, retryDelayMs } from './backoff.ts'

const attempt = fc.integer({ min: 1, max: 11 })
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('the delay before a retry', () => {
  test('is a whole number below the maximum of its attempt, and at most 8 seconds', () => {
    fc.assert(
      fc.property(attempt, random, (n, r) => {
        const delayMs = retryDelayMs({ attempt: n, retryAfterSeconds: undefined, random: r })
        expect(Number.isInteger(delayMs)).toBe(true)
        expect(delayMs).toBeGreaterThanOrEqual(0)
        expect(delayMs).toBeLessThan(Math.min(8_000, 500 * 2 ** (n - 1)))
      }),
    )
  })

  test('uses its whole range, and grows with the attempts', () => {
    const nearlyOne = 1 - Number.EPSILON
    const delays = [1, 2, 3, 4, 5, 6].map((n) =>
      retryDelayMs({ attempt: n, retryAfterSeconds: undefined, random: nearlyOne }),
    )
    expect(delays).toEqual([499, 999, 1_999, 3_999, 7_999, 7_999])
  })

  test('is never shorter than Retry-After, and only a little longer', () => {
    const seconds = fc.double({ min: 0, max: retryAfterMaxSeconds, noNaN: true })
    fc.assert(
      fc.property(attempt, random, seconds, (n, r, s) => {
        const delayMs = retryDelayMs({ attempt: n, retryAfterSeconds: s, random: r })
        expect(delayMs).toBeGreaterThanOrEqual(s * 1_000)
        expect(delayMs).toBeLessThanOrEqual(Math.ceil(s * 1_000) + 800)
      }),
    )
  })

  test('is undefined if Retry-After is too long', () => {
    fc.assert(
      fc.property(attempt, random, fc.integer({ min: retryAfterMaxSeconds + 1 }), (n, r, s) => {
        expect(retryDelayMs({ attempt: n, retryAfterSeconds: s, random: r })).toBeUndefined()
      }),
    )
  })
})

describe('Retry-After', () => {
  test('is a number of seconds or a date, never negative, and anything else is undefined', () => {
    const now = Date.parse('2024-06-15T10:32:00Z')
    expect(retryAfterSeconds('120', now)).toBe(120)
    expect(retryAfterSeconds(' 0.5 ', now)).toBe(0.5)
    expect(retryAfterSeconds('Sat, 15 Jun 2024 10:32:07 GMT', now)).toBe(7)
    expect(retryAfterSeconds('Sat, 15 Jun 2024 10:31:00 GMT', now)).toBe(0)
    for (const odd of [null, '', '-5', 'soon', '1e9', 'Infinity', '9999999999']) {
      expect(retryAfterSeconds(odd, now)).toBeUndefined()
    }
  })

  test('of any text is undefined or at least 0', () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        const seconds = retryAfterSeconds(header, 0)
        expect(seconds === undefined || seconds >= 0).toBe(true)
      }),
    )
  })
})
