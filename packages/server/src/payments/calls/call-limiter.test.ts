import { describe, expect, test } from 'vitest'
import { CallLimiter } from './call-limiter.ts'
import type { EndedCall } from './call-window.ts'

const live = (merchant_id: string) => ({ merchant_id, livemode: true })
const account = (merchantId: string) => ({ merchantId, livemode: true })
const nowMs = () => 0
const limiterOf = (ceiling: number) => new CallLimiter({ ceiling, nowMs })

function refusedNow(): EndedCall {
  return { kind: 'capture', beganMs: nowMs(), endedMs: nowMs(), outcome: 'rate_limited' }
}

const shareOf = (limiter: CallLimiter, merchantId: string) =>
  limiter.shares.accounts.find((share) => share.merchantId === merchantId)

describe('the limits of calls to processors', () => {
  test('a refused merchant makes fewer calls, and another merchant as many as before', () => {
    const limiter = limiterOf(64)
    limiter.record(account('a'), 'stripe a', refusedNow())
    limiter.record(account('b'), 'stripe b', { ...refusedNow(), outcome: 'failed' })
    expect(shareOf(limiter, 'a')?.available).toBe(4)
    expect(shareOf(limiter, 'b')?.available).toBe(8)
  })

  test('merchants with one processor account share its window', () => {
    const limiter = limiterOf(64)
    for (const name of ['a', 'b']) limiter.record(account(name), 'stripe', refusedNow())
    const tasks = [live('a'), live('a'), live('b')]
    for (const task of tasks) limiter.acquire(task)
    const [a, b] = [shareOf(limiter, 'a'), shareOf(limiter, 'b')]
    expect([a?.count, b?.count]).toEqual([2, 1])
    expect(a?.window).toBe(b?.window)
    expect([a?.available, b?.available]).toEqual([0, 0])
    for (const task of tasks) limiter.release(task)
    expect(shareOf(limiter, 'b')?.available).toBeGreaterThan(0)
  })

  test('an account with a full window is saturated, and others are not', () => {
    const limiter = limiterOf(64)
    const tasks = Array.from({ length: 8 }, () => live('a'))
    for (const task of tasks) limiter.acquire(task)
    limiter.acquire(live('b'))
    expect(limiter.saturated.map(({ merchantId }) => merchantId)).toEqual(['a'])
    expect(limiter.isClaimWorthwhile(live('a'))).toBe(false)
    limiter.release(tasks[0] ?? live('a'))
    expect(limiter.saturated).toEqual([])
    expect(limiter.isClaimWorthwhile(live('a'))).toBe(true)
  })

  test('a call that ends after its account was learned is counted once', () => {
    const limiter = limiterOf(64)
    const task = live('a')
    limiter.acquire(task)
    limiter.record(account('a'), 'stripe a', { ...refusedNow(), outcome: 'failed' })
    expect(shareOf(limiter, 'a')).toMatchObject({ count: 1, available: 7 })
    limiter.release(task)
    expect(shareOf(limiter, 'a')).toMatchObject({ count: 0, available: 8 })
  })

  test('remembers a bounded number of accounts', () => {
    const limiter = limiterOf(64)
    for (let n = 0; n < 1_100; n++) limiter.record(account(`m${n}`), `stripe ${n}`, refusedNow())
    expect(limiter.shares.accounts).toHaveLength(1_000)
    expect(shareOf(limiter, 'm0')).toBeUndefined()
    expect(shareOf(limiter, 'm1099')?.available).toBe(4)
  })

  test('a ceiling of one is kept', () => {
    const limiter = limiterOf(1)
    limiter.acquire(live('a'))
    expect(limiter.saturated).toHaveLength(1)
    expect(limiter.shares.startMax).toBe(1)
  })
})
