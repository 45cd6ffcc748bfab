import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConcurrencyLimiter, type JobOwner } from './limiter.ts'

const limits = { totalMax: 20, testMax: 12, perAccountMax: 8 }
const owner = (name: string, livemode = true): JobOwner => ({ merchant_id: name, livemode })
const anyOwner = fc.record({
  merchant_id: fc.constantFrom('a', 'b', 'c', 'd'),
  livemode: fc.boolean(),
})

function limiterWith(jobs: readonly JobOwner[]): ConcurrencyLimiter {
  const limiter = new ConcurrencyLimiter(limits)
  for (const job of jobs) limiter.acquire(job)
  return limiter
}

const times = (count: number, job: JobOwner) => Array.from({ length: count }, () => job)
const namesOf = (limiter: ConcurrencyLimiter) =>
  limiter.saturated.map(({ merchantId, livemode }) => `${merchantId} ${livemode ? 'live' : 'test'}`)

test('an account is saturated at its own limit', () => {
  expect(namesOf(limiterWith(times(7, owner('a'))))).toEqual([])
  expect(namesOf(limiterWith([...times(8, owner('a')), owner('b')]))).toEqual(['a live'])
})

test('every account of test mode is saturated at the limit of test mode', () => {
  const jobs = ['a', 'b', 'c'].flatMap((name) => times(4, owner(name, false)))
  const limiter = limiterWith([...jobs, owner('a')])
  expect(limiter.testAvailable).toBe(0)
  expect(namesOf(limiter)).toEqual(['a test', 'b test', 'c test'])
})

test('every account is saturated at the total limit', () => {
  const jobs = ['a', 'b', 'c', 'd'].flatMap((name) => times(5, owner(name)))
  expect(namesOf(limiterWith(jobs))).toEqual(['a live', 'b live', 'c live', 'd live'])
})

test('a limiter counts the jobs in progress, and forgets accounts that have none', () => {
  fc.assert(
    fc.property(fc.array(anyOwner), (jobs) => {
      const limiter = limiterWith(jobs)
      expect(limiter.available).toBe(limits.totalMax - jobs.length)
      expect(limiter.testAvailable).toBe(
        limits.testMax - jobs.filter(({ livemode }) => !livemode).length,
      )
      for (const job of jobs) {
        const ofSame = jobs.filter(
          ({ merchant_id, livemode }) =>
            merchant_id === job.merchant_id && livemode === job.livemode,
        )
        expect(limiter.countOf(job)).toBe(ofSame.length)
      }
      for (const job of jobs) limiter.release(job)
      expect(limiter.usage).toEqual([])
      expect(limiter.available).toBe(limits.totalMax)
      expect(limiter.testAvailable).toBe(limits.testMax)
    }),
  )
})
