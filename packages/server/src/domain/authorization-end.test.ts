import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cancelableUntilOf } from './authorization-end.ts'
import { plusSeconds, promisedEnd } from './time.ts'

const now = '2030-06-15T10:32:00Z'
const windows = fc.integer({ min: 0, max: 604_800 })

test('a manual capture can come until the authorization ends, whatever the window is', () => {
  fc.assert(
    fc.property(windows, fc.integer({ min: 1, max: 2_592_000 }), (window, seconds) => {
      const payment = { capture_method: 'manual', cancel_window: window } as const
      const expiresAt = plusSeconds(now, seconds)
      expect(cancelableUntilOf(payment, { now, expiresAt })).toBe(expiresAt)
      expect(cancelableUntilOf(payment, { now, expiresAt: null })).toBeNull()
    }),
  )
})

test('a window is as long as asked where the authorization lasts an hour longer', () => {
  const automatic = (cancel_window: number) => ({
    capture_method: 'automatic' as const,
    cancel_window,
  })
  for (const expiresAt of [null, plusSeconds(promisedEnd(now, 600), 3_600)]) {
    expect(cancelableUntilOf(automatic(600), { now, expiresAt })).toBe(promisedEnd(now, 600))
    expect(cancelableUntilOf(automatic(0), { now, expiresAt })).toBe(now)
  }
})

test('a window leaves an hour for the capture, and ends now if there is no such hour', () => {
  fc.assert(
    fc.property(windows, fc.integer({ min: -3_600, max: 2_592_000 }), (window, seconds) => {
      const payment = { capture_method: 'automatic', cancel_window: window } as const
      const expiresAt = plusSeconds(now, seconds)
      const end = cancelableUntilOf(payment, { now, expiresAt }) ?? ''
      expect(end >= now).toBe(true)
      expect(end === now || end <= plusSeconds(expiresAt, -3_600)).toBe(true)
    }),
  )
})
