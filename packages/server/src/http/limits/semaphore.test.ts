import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Semaphore } from './semaphore.ts'

test('the semaphore never exceeds a limit, whatever is acquired, grown and released', () => {
  const name = fc.constantFrom('all', 'test', 'a', 'b')
  const path = fc.uniqueArray(name, { minLength: 1 })
  const step = fc.record({
    path,
    act: fc.nat(3),
    which: fc.nat(20),
    amount: fc.integer({ min: 1, max: 4 }),
  })
  const max = { all: 10, test: 6, a: 5, b: 5 } as Record<string, number>
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const semaphore = new Semaphore()
      const acquired: {
        path: string[]
        amount: number
        permits: NonNullable<ReturnType<Semaphore['tryAcquire']>>
      }[] = []
      for (const { path, act, which, amount } of steps) {
        const one = acquired[which % Math.max(1, acquired.length)]
        if (act < 2 || !one) {
          const limits = path.map((each) => ({ name: each, max: max[each] ?? 0 }))
          const permits = semaphore.tryAcquire(limits, amount)
          if (permits) acquired.push({ path, amount, permits })
        } else if (act === 2) {
          if (one.permits.grow(amount)) one.amount += amount
        } else {
          one.permits.release()
          one.permits.release()
          acquired.splice(acquired.indexOf(one), 1)
        }
        for (const each of Object.keys(max)) {
          const sum = acquired
            .filter(({ path: p }) => p.includes(each))
            .reduce((n, r) => n + r.amount, 0)
          expect(semaphore.used(each)).toBe(sum)
          expect(sum).toBeLessThanOrEqual(max[each] ?? 0)
        }
      }
      for (const { permits } of acquired) permits.release()
      for (const each of Object.keys(max)) expect(semaphore.used(each)).toBe(0)
    }),
  )
})

test('an amount above the limit is granted alone, and blocks all others until it is released', () => {
  const semaphore = new Semaphore()
  const limits = [{ name: 'all', max: 100 }]
  const large = semaphore.tryAcquire(limits, 500)
  expect(large).not.toBeNull()
  expect(semaphore.tryAcquire(limits)).toBeNull()
  large?.release()
  expect(semaphore.tryAcquire(limits)).not.toBeNull()
})
