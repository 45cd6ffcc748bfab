import fc from 'fast-check'
import { expect, test } from 'vitest'
import { givenEnd, promisedEnd, toMs, toTimestamp } from './time.ts'

const time = fc.integer({ min: 0, max: 4_102_444_800_000 })

test('a guaranteed time never ends early, and at most one second late', () => {
  fc.assert(
    fc.property(time, fc.integer({ min: 0, max: 604_800 }), (startMs, seconds) => {
      const endMs = toMs(promisedEnd(toTimestamp(startMs), seconds))
      expect(endMs).toBeGreaterThanOrEqual(startMs + seconds * 1000)
      expect(endMs).toBeLessThanOrEqual(startMs + seconds * 1000 + 1000)
    }),
  )
})

test('an end that a client has sent is rounded up to a whole second', () => {
  fc.assert(
    fc.property(time, (ms) => {
      const end = toMs(givenEnd(new Date(ms).toISOString()))
      expect(end).toBeGreaterThanOrEqual(ms)
      expect(end).toBeLessThan(ms + 1000)
      expect(end % 1000).toBe(0)
    }),
  )
})
