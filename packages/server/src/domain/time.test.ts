import fc from 'fast-check'
import { expect, test } from 'vitest'
import { givenEnd, promisedEnd, toMs, toTimestamp } from './time.ts'

const moment = fc.integer({ min: 0, max: 4_102_444_800_000 })

test('what is promised for some seconds ends no sooner, and less than or exactly a second later', () => {
  fc.assert(
    fc.property(moment, fc.integer({ min: 0, max: 604_800 }), (startMs, seconds) => {
      const endMs = toMs(promisedEnd(toTimestamp(startMs), seconds))
      expect(endMs).toBeGreaterThanOrEqual(startMs + seconds * 1000)
      expect(endMs).toBeLessThanOrEqual(startMs + seconds * 1000 + 1000)
    }),
  )
})

test('an end that a caller gave is rounded up to whole seconds', () => {
  fc.assert(
    fc.property(moment, (ms) => {
      const end = toMs(givenEnd(new Date(ms).toISOString()))
      expect(end).toBeGreaterThanOrEqual(ms)
      expect(end).toBeLessThan(ms + 1000)
      expect(end % 1000).toBe(0)
    }),
  )
})
