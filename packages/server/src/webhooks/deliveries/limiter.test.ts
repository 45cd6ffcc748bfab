import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DeliveryRow } from '../../database/webhook-rows.ts'
import type { Outcome } from './attempt.ts'
import { DeliveryLimiter } from './limiter.ts'

const quick = { result: 'delivered', responseCode: 200, durationMs: 20 } as const
const slow = { result: 'delivered', responseCode: 200, durationMs: 4_000 } as const
const refused = { result: 'failed', responseCode: 500, durationMs: 20 } as const
const silent = { result: 'failed', responseCode: null, durationMs: 10_000 } as const
const notSent = { result: 'unsent', responseCode: null, durationMs: null } as const

const delivery = { merchant_id: 'merch_1', livemode: true, endpoint_id: 'we_1' }
const rest = {
  delivery: {} as DeliveryRow,
  retryDelayMs: null,
  error: null,
  responseBody: null,
  isGone: false,
}

function limiterAfter(
  outcomes: readonly Pick<Outcome, 'result' | 'responseCode' | 'durationMs'>[],
) {
  const limiter = new DeliveryLimiter()
  for (const outcome of outcomes) limiter.adapt('we_1', { ...rest, ...outcome })
  return limiter
}

/** How many attempts the endpoint may get while it has none in progress. */
function limitAfter(...outcomes: Parameters<typeof limiterAfter>[0][number][]): number {
  const { endpoints, perEndpoint } = limiterAfter(outcomes).claimLimits()
  return endpoints.find(({ endpointId }) => endpointId === 'we_1')?.available ?? perEndpoint
}

const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one)

describe('an endpoint', () => {
  test('gets eight concurrent attempts, and up to 64 while it answers quickly', () => {
    expect(limitAfter()).toBe(8)
    expect(limitAfter(...times(8, quick))).toBe(16)
    expect(limitAfter(...times(500, quick))).toBe(64)
  })

  test('that answers slowly keeps its limit', () => {
    expect(limitAfter(...times(100, slow))).toBe(8)
    expect(limitAfter(...times(12, quick), ...times(100, slow))).toBe(20)
  })

  test('that fails gets half as many, but at least the initial number while it answers', () => {
    expect(limitAfter(...times(500, quick), refused)).toBe(32)
    expect(limitAfter(...times(500, quick), ...times(10, refused))).toBe(8)
  })

  test('that does not answer gets one attempt at a time, and eight again after it answers', () => {
    expect(limitAfter(...times(500, quick), ...times(3, silent))).toBe(1)
    expect(limitAfter(...times(3, silent), refused)).toBe(8)
  })

  test('is not judged by attempts that were not sent', () => {
    expect(limitAfter(...times(9, notSent))).toBe(8)
  })
})

test('after any outcomes, an endpoint may get its limit minus its attempts in progress', () => {
  const outcome = fc.constantFrom(quick, slow, refused, silent, notSent)
  fc.assert(
    fc.property(fc.array(outcome), fc.nat(80), (outcomes, inProgress) => {
      const limit = limitAfter(...outcomes)
      const limiter = limiterAfter(outcomes)
      for (let i = 0; i < inProgress; i++) limiter.acquire(delivery)
      const [only] = limiter.claimLimits().endpoints
      expect([1, ...times(57, 0).map((_, i) => i + 8)]).toContain(limit)
      expect(only?.available ?? 8).toBe(Math.max(0, limit - inProgress))
      expect(limiter.isHalfFree(delivery)).toBe(inProgress <= limit / 2 && inProgress <= 32)
      for (let i = 0; i < inProgress; i++) limiter.release(delivery)
      expect(limiter.available).toBe(256)
    }),
  )
})

describe('concurrent attempts', () => {
  const deliveryOf = (merchant: number, endpoint = 0, livemode = false) => ({
    merchant_id: `merch_${merchant}`,
    livemode,
    endpoint_id: `we_${merchant}_${endpoint}`,
  })

  /** Claims in which every merchant has an endless backlog. No attempt ends. */
  function fill(limiter: DeliveryLimiter, merchants: ReturnType<typeof deliveryOf>[]) {
    const taken = new Map<string, number>()
    for (let turn = 0; turn < 100; turn++) {
      const { limit, testLimit, perLiveAccount, perTestAccount } = limiter.claimLimits()
      let [left, testLeft] = [limit, testLimit]
      for (let nth = 1; nth <= 64; nth++) {
        for (const one of merchants) {
          const name = `${one.merchant_id} ${one.livemode}`
          const count = taken.get(name) ?? 0
          const share = one.livemode ? perLiveAccount : perTestAccount
          const isFull = count + 1 > share || count + 1 !== nth
          if (isFull || left === 0 || (!one.livemode && testLeft === 0)) continue
          limiter.acquire({ ...one, endpoint_id: `${one.endpoint_id}_${turn}_${nth}` })
          taken.set(name, count + 1)
          left--
          if (!one.livemode) testLeft--
        }
      }
    }
    return taken
  }

  test('of one merchant have a limit, however many endpoints it creates', () => {
    const limiter = new DeliveryLimiter()
    expect(fill(limiter, [deliveryOf(1)]).get('merch_1 false')).toBe(64)
    const usage = [{ merchantId: 'merch_1', livemode: false, count: 64 }]
    expect(limiter.claimLimits().usage).toEqual(usage)
  })

  test.each([1, 2, 3, 8, 40, 100])(
    'are left for others when %i merchants use all of theirs, and live mode keeps its own',
    (count) => {
      const merchants = Array.from({ length: count }, (_, index) => deliveryOf(index))
      const limiter = new DeliveryLimiter()
      const taken = [...fill(limiter, merchants).values()]
      expect(Math.max(...taken)).toBeLessThanOrEqual(64)
      expect(taken.reduce((sum, one) => sum + one, 0)).toBeLessThan(128)
      expect(limiter.claimLimits().testLimit).toBeGreaterThan(0)
      expect(limiter.available).toBeGreaterThanOrEqual(128)
      expect(fill(limiter, [deliveryOf(0, 0, true)]).get('merch_0 true')).toBe(64)
    },
  )

  test('are released: without attempts in progress no account is kept in memory', () => {
    const limiter = new DeliveryLimiter()
    const deliveries = Array.from({ length: 100 }, (_, index) =>
      deliveryOf(index % 7, index, index % 2 > 0),
    )
    for (const one of deliveries) limiter.acquire(one)
    for (const one of deliveries) limiter.release(one)
    expect(limiter.claimLimits()).toEqual(new DeliveryLimiter().claimLimits())
  })

  test('have a bounded number of endpoints in memory, however many are created and deleted', () => {
    const limiter = new DeliveryLimiter()
    for (let index = 0; index < 5_000; index++) {
      limiter.adapt(`we_${index}`, { ...rest, ...silent })
      limiter.adapt(`we_${index}`, { ...rest, ...quick })
    }
    expect(limiter.claimLimits().endpoints.length).toBeLessThanOrEqual(4_000)
  })
})
