import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DeliveryRow } from '../../database/webhook-rows.ts'
import { Capacity } from './capacity.ts'
import type { Outcome } from './queue.sql.ts'

const quick = { result: 'delivered', responseCode: 200, durationMs: 20 } as const
const slow = { result: 'delivered', responseCode: 200, durationMs: 4_000 } as const
const refused = { result: 'failed', responseCode: 500, durationMs: 20 } as const
const silent = { result: 'failed', responseCode: null, durationMs: 10_000 } as const
const notSent = { result: 'not sent', responseCode: null, durationMs: null } as const

const place = { merchant_id: 'merch_1', livemode: true, endpoint_id: 'we_1' }
const rest = { delivery: {} as DeliveryRow, retryDelayMs: null, error: null, responseBody: null }

function noted(outcomes: readonly Pick<Outcome, 'result' | 'responseCode' | 'durationMs'>[]) {
  const capacity = new Capacity()
  for (const outcome of outcomes) capacity.note('we_1', { ...rest, ...outcome })
  return capacity
}

/** How much the endpoint may get at once, while it has nothing. */
function roomAfter(...outcomes: Parameters<typeof noted>[0][number][]): number {
  const { rooms, roomDefault } = noted(outcomes).shares()
  return rooms.find(({ endpointId }) => endpointId === 'we_1')?.room ?? roomDefault
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
      for (let i = 0; i < taken; i++) capacity.take(place)
      const [only] = capacity.shares().rooms
      expect([1, ...times(57, 0).map((_, i) => i + 8)]).toContain(free)
      expect(only?.room ?? 8).toBe(Math.max(0, free - taken))
      expect(capacity.isHalfFree(place)).toBe(taken <= free / 2 && taken <= 32)
      for (let i = 0; i < taken; i++) capacity.release(place)
      expect(capacity.room).toBe(256)
    }),
  )
})

describe('places', () => {
  const placeOf = (merchant: number, endpoint = 0, livemode = false) => ({
    merchant_id: `merch_${merchant}`,
    livemode,
    endpoint_id: `we_${merchant}_${endpoint}`,
  })

  /** Turns in which every merchant has a backlog for endpoints without end: what is taken stays taken. */
  function fill(capacity: Capacity, merchants: ReturnType<typeof placeOf>[]): Map<string, number> {
    const held = new Map<string, number>()
    for (let turn = 0; turn < 100; turn++) {
      const { limit, testLimit, liveShare, testShare } = capacity.shares()
      let [left, testLeft] = [limit, testLimit]
      for (let nth = 1; nth <= 64; nth++) {
        for (const one of merchants) {
          const name = `${one.merchant_id} ${one.livemode}`
          const taken = held.get(name) ?? 0
          const isFull = taken + 1 > (one.livemode ? liveShare : testShare) || taken + 1 !== nth
          if (isFull || left === 0 || (!one.livemode && testLeft === 0)) continue
          capacity.take({ ...one, endpoint_id: `${one.endpoint_id}_${turn}_${nth}` })
          held.set(name, taken + 1)
          left--
          if (!one.livemode) testLeft--
        }
      }
    }
    return held
  }

  test('of one merchant are a share, however many endpoints it has or makes anew', () => {
    const capacity = new Capacity()
    expect(fill(capacity, [placeOf(1)]).get('merch_1 false')).toBe(64)
    expect(capacity.shares().usage).toEqual([{ merchantId: 'merch_1', livemode: false, taken: 64 }])
  })

  test.each([1, 2, 3, 8, 40, 100])(
    'are left for others when %i merchants take what they get, and live events lose none to test mode',
    (count) => {
      const merchants = Array.from({ length: count }, (_, index) => placeOf(index))
      const capacity = new Capacity()
      const held = [...fill(capacity, merchants).values()]
      expect(Math.max(...held)).toBeLessThanOrEqual(64)
      expect(held.reduce((sum, one) => sum + one, 0)).toBeLessThan(128)
      expect(capacity.shares().testLimit).toBeGreaterThan(0)
      expect(capacity.room).toBeGreaterThanOrEqual(128)
      expect(fill(capacity, [placeOf(0, 0, true)]).get('merch_0 true')).toBe(64)
    },
  )

  test('come back: a process that sends nothing remembers nobody', () => {
    const capacity = new Capacity()
    const places = Array.from({ length: 100 }, (_, index) =>
      placeOf(index % 7, index, index % 2 > 0),
    )
    for (const one of places) capacity.take(one)
    for (const one of places) capacity.release(one)
    expect(capacity.shares()).toEqual(new Capacity().shares())
  })

  test('endpoints that are made and deleted without end are forgotten', () => {
    const capacity = new Capacity()
    for (let index = 0; index < 5_000; index++) {
      capacity.note(`we_${index}`, { ...rest, ...silent })
      capacity.note(`we_${index}`, { ...rest, ...quick })
    }
    expect(capacity.shares().rooms.length).toBeLessThanOrEqual(4_000)
  })
})
