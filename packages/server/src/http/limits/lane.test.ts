import { describe, expect, test } from 'vitest'
import { Lane } from './lane.ts'

const limits = { burstMax: 1_000, floor: 50 }

/** One look's time: so many come, so many of those in flight are answered. */
function pass(lane: Lane, { come, answered }: { come: number; answered: number }): number {
  let refused = 0
  for (let i = 0; i < come; i++) if (!lane.enter(null)) refused++
  const done = Math.min(answered, lane.inFlight)
  for (let i = 0; i < done; i++) lane.leave({ user: null, served: true })
  lane.look()
  return refused
}

describe('a lane', () => {
  test('lets in a burst whole, also one that takes seconds to be worked off', () => {
    const lane = new Lane(limits)
    expect(pass(lane, { come: 1_000, answered: 10 })).toBe(0)
    while (lane.inFlight > 0) pass(lane, { come: 0, answered: 10 })
    expect(lane.refused).toBe(0)
    // No time to forget: the next burst is as welcome.
    expect(pass(lane, { come: 1_000, answered: 10 })).toBe(0)
  })

  test('bounds a burst', () => {
    expect(pass(new Lane(limits), { come: 1_200, answered: 0 })).toBe(200)
  })

  test('lets in what a quarter of a second can serve, once requests pile up', () => {
    const lane = new Lane(limits)
    for (let i = 0; i < 50; i++) pass(lane, { come: 1_000, answered: 100 })
    expect(lane.limit).toBe(250)
    for (let i = 0; i < 50; i++) {
      const refused = pass(lane, { come: 1_000, answered: 100 })
      expect(refused).toBe(900)
      expect(lane.inFlight).toBeLessThanOrEqual(250)
    }
  })

  test('lets in the floor however slowly it goes', () => {
    const lane = new Lane(limits)
    for (let i = 0; i < 60; i++) pass(lane, { come: 1_000, answered: 1 })
    expect(lane.limit).toBe(50)
  })

  test('takes a burst again three seconds after the last refusal, when those refused are back', () => {
    const lane = new Lane(limits)
    for (let i = 0; i < 50; i++) pass(lane, { come: 1_000, answered: 100 })
    for (let i = 0; i < 20; i++) pass(lane, { come: 50, answered: 100 })
    expect(lane.limit).toBeLessThan(1_000)
    for (let i = 0; i < 20; i++) pass(lane, { come: 50, answered: 100 })
    expect(lane.limit).toBe(1_000)
  })

  test('is flooded while more is refused than served, and for three seconds after', () => {
    const lane = new Lane(limits)
    pass(lane, { come: 1_010, answered: 1 })
    expect(lane.isFlooded).toBe(false)
    pass(lane, { come: 200, answered: 150 })
    expect(lane.isFlooded).toBe(true)
    for (let i = 0; i < 29; i++) pass(lane, { come: 10, answered: 100 })
    expect(lane.isFlooded).toBe(true)
    pass(lane, { come: 10, answered: 100 })
    expect(lane.isFlooded).toBe(false)
  })

  test('lets in few while nothing at all is answered, and all again once something is', () => {
    const lane = new Lane(limits)
    for (let i = 0; i < 60; i++) pass(lane, { come: 10, answered: 0 })
    expect(lane.limit).toBe(64)
    for (let i = 0; i < 4; i++) pass(lane, { come: 0, answered: 200 })
    for (let i = 0; i < 32; i++) pass(lane, { come: 0, answered: 0 })
    expect([lane.inFlight, lane.limit]).toEqual([0, 1_000])
  })

  test('does not take what failed for want of a database for work that was done', () => {
    const lane = new Lane(limits)
    for (let i = 0; i < 100; i++) lane.enter(null)
    for (let i = 0; i < 60; i++) {
      if (lane.enter(null)) lane.leave({ user: null, served: false })
      lane.look()
    }
    expect(lane.limit).toBe(64)
  })
})
