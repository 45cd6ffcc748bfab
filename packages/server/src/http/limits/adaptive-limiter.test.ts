import { describe, expect, test } from 'vitest'
import { AdaptiveLimiter } from './adaptive-limiter.ts'

const limits = { burstMax: 1_000, limitMin: 50 }

/** One tick: `arrive` requests arrive, and `answered` of those in flight are answered. */
function pass(
  limiter: AdaptiveLimiter,
  { arrive, answered }: { arrive: number; answered: number },
): number {
  let refused = 0
  for (let i = 0; i < arrive; i++) if (!limiter.enter(null)) refused++
  const done = Math.min(answered, limiter.inFlight)
  for (let i = 0; i < done; i++) limiter.leave({ account: null, served: true })
  limiter.tick()
  return refused
}

describe('the concurrency limit', () => {
  test('admits a whole burst, even one that takes seconds to serve', () => {
    const limiter = new AdaptiveLimiter(limits)
    expect(pass(limiter, { arrive: 1_000, answered: 10 })).toBe(0)
    while (limiter.inFlight > 0) pass(limiter, { arrive: 0, answered: 10 })
    expect(limiter.refused).toBe(0)
    // Directly afterwards, the next burst is admitted as well.
    expect(pass(limiter, { arrive: 1_000, answered: 10 })).toBe(0)
  })

  test('bounds a burst', () => {
    expect(pass(new AdaptiveLimiter(limits), { arrive: 1_200, answered: 0 })).toBe(200)
  })

  test('falls to what a quarter of a second can serve while there is a backlog', () => {
    const limiter = new AdaptiveLimiter(limits)
    for (let i = 0; i < 50; i++) pass(limiter, { arrive: 1_000, answered: 100 })
    expect(limiter.limit).toBe(250)
    for (let i = 0; i < 50; i++) {
      const refused = pass(limiter, { arrive: 1_000, answered: 100 })
      expect(refused).toBe(900)
      expect(limiter.inFlight).toBeLessThanOrEqual(250)
    }
  })

  test('never falls below its minimum, however slow the answers are', () => {
    const limiter = new AdaptiveLimiter(limits)
    for (let i = 0; i < 60; i++) pass(limiter, { arrive: 1_000, answered: 1 })
    expect(limiter.limit).toBe(50)
  })

  test('admits bursts again three seconds after the last refusal', () => {
    const limiter = new AdaptiveLimiter(limits)
    for (let i = 0; i < 50; i++) pass(limiter, { arrive: 1_000, answered: 100 })
    for (let i = 0; i < 20; i++) pass(limiter, { arrive: 50, answered: 100 })
    expect(limiter.limit).toBeLessThan(1_000)
    for (let i = 0; i < 20; i++) pass(limiter, { arrive: 50, answered: 100 })
    expect(limiter.limit).toBe(1_000)
  })

  test('reports a flood while more is refused than served, and for three seconds after', () => {
    const limiter = new AdaptiveLimiter(limits)
    pass(limiter, { arrive: 1_010, answered: 1 })
    expect(limiter.isFlooded).toBe(false)
    pass(limiter, { arrive: 200, answered: 150 })
    expect(limiter.isFlooded).toBe(true)
    for (let i = 0; i < 29; i++) pass(limiter, { arrive: 10, answered: 100 })
    expect(limiter.isFlooded).toBe(true)
    pass(limiter, { arrive: 10, answered: 100 })
    expect(limiter.isFlooded).toBe(false)
  })

  test('admits few requests while nothing is answered, and all again once one is answered', () => {
    const limiter = new AdaptiveLimiter(limits)
    for (let i = 0; i < 60; i++) pass(limiter, { arrive: 10, answered: 0 })
    expect(limiter.limit).toBe(64)
    for (let i = 0; i < 4; i++) pass(limiter, { arrive: 0, answered: 200 })
    for (let i = 0; i < 32; i++) pass(limiter, { arrive: 0, answered: 0 })
    expect([limiter.inFlight, limiter.limit]).toEqual([0, 1_000])
  })

  test('does not count requests that failed for lack of the database as served', () => {
    const limiter = new AdaptiveLimiter(limits)
    for (let i = 0; i < 100; i++) limiter.enter(null)
    for (let i = 0; i < 60; i++) {
      if (limiter.enter(null)) limiter.leave({ account: null, served: false })
      limiter.tick()
    }
    expect(limiter.limit).toBe(64)
  })
})
