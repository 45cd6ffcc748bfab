import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DeliveryRow } from '../database/webhook-rows.ts'
import { Capacity } from './capacity.ts'
import type { Outcome } from './queue.sql.ts'

const quick = { result: 'delivered', responseCode: 200, durationMs: 20 } as const
const slow = { result: 'delivered', responseCode: 200, durationMs: 4_000 } as const
const refused = { result: 'failed', responseCode: 500, durationMs: 20 } as const
const silent = { result: 'failed', responseCode: null, durationMs: 10_000 } as const
const notSent = { result: 'not sent', responseCode: null, durationMs: null } as const

const rest = { delivery: {} as DeliveryRow, retryDelayMs: null, error: null, responseBody: null }

function noted(outcomes: readonly Pick<Outcome, 'result' | 'responseCode' | 'durationMs'>[]) {
  const capacity = new Capacity()
  for (const outcome of outcomes) capacity.note('we_1', { ...rest, ...outcome })
  return capacity
}

/** How much the endpoint may get at once, while it has nothing. */
function roomAfter(...outcomes: Parameters<typeof noted>[0][number][]): number {
  const capacity = noted(outcomes)
  return (
    capacity.rooms().find(({ endpointId }) => endpointId === 'we_1')?.room ?? capacity.roomDefault
  )
}

const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one)

describe('an endpoint', () => {
  test('gets eight at once, and up to 64 while it answers quickly', () => {
    expect(roomAfter()).toBe(8)
    expect(roomAfter(...times(8, quick))).toBe(16)
    expect(roomAfter(...times(500, quick))).toBe(64)
  })

  test('that takes its time gets no more than it has', () => {
    expect(roomAfter(...times(100, slow))).toBe(8)
    expect(roomAfter(...times(12, quick), ...times(100, slow))).toBe(20)
  })

  test('that fails gets half as much, but never less than at first while it answers', () => {
    expect(roomAfter(...times(500, quick), refused)).toBe(32)
    expect(roomAfter(...times(500, quick), ...times(10, refused))).toBe(8)
  })

  test('that does not answer holds one place, and has eight again when it does', () => {
    expect(roomAfter(...times(500, quick), ...times(3, silent))).toBe(1)
    expect(roomAfter(...times(3, silent), refused)).toBe(8)
  })

  test('is not judged by what was not sent', () => {
    expect(roomAfter(...times(9, notSent))).toBe(8)
  })
})

test('whatever comes of attempts, room is what is allowed less what is on its way', () => {
  const outcome = fc.constantFrom(quick, slow, refused, silent, notSent)
  fc.assert(
    fc.property(fc.array(outcome), fc.nat(80), (outcomes, taken) => {
      const free = roomAfter(...outcomes)
      const capacity = noted(outcomes)
      for (let i = 0; i < taken; i++) capacity.take('we_1')
      const [only] = capacity.rooms()
      expect([1, ...times(57, 0).map((_, i) => i + 8)]).toContain(free)
      expect(only?.room ?? 8).toBe(Math.max(0, free - taken))
      expect(capacity.isHalfFree('we_1')).toBe(taken <= free / 2)
      for (let i = 0; i < taken; i++) capacity.release('we_1')
      expect(capacity.room).toBe(256)
    }),
  )
})
