import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Places } from './places.ts'

test('never takes more than any limit allows, whatever is taken, grown and released', () => {
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
      const places = new Places()
      const reserved: {
        path: string[]
        amount: number
        it: NonNullable<ReturnType<Places['reserve']>>
      }[] = []
      for (const { path, act, which, amount } of steps) {
        const one = reserved[which % Math.max(1, reserved.length)]
        if (act < 2 || !one) {
          const limits = path.map((each) => ({ name: each, max: max[each] ?? 0 }))
          const it = places.reserve(limits, amount)
          if (it) reserved.push({ path, amount, it })
        } else if (act === 2) {
          if (one.it.grow(amount)) one.amount += amount
        } else {
          one.it.release()
          one.it.release()
          reserved.splice(reserved.indexOf(one), 1)
        }
        for (const each of Object.keys(max)) {
          const sum = reserved
            .filter(({ path: p }) => p.includes(each))
            .reduce((n, r) => n + r.amount, 0)
          expect(places.taken(each)).toBe(sum)
          expect(sum).toBeLessThanOrEqual(max[each] ?? 0)
        }
      }
      for (const { it } of reserved) it.release()
      for (const each of Object.keys(max)) expect(places.taken(each)).toBe(0)
    }),
  )
})

test('what is larger than the whole pool gets through alone, and then nothing else', () => {
  const places = new Places()
  const pool = [{ name: 'all', max: 100 }]
  const large = places.reserve(pool, 500)
  expect(large).not.toBeNull()
  expect(places.reserve(pool)).toBeNull()
  large?.release()
  expect(places.reserve(pool)).not.toBeNull()
})
