import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PlaceQueue } from './place-queue.ts'

const account = (name: string, max = 2) => [
  { name: 'all', max: 3 },
  { name, max },
]

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('never has more at work than a limit allows, and starts every caller in the end', async () => {
  const callers = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(callers, fc.infiniteStream(fc.nat(5)), async (names, choices) => {
      const queue = new PlaceQueue()
      const working: { name: string; release(): void }[] = []
      let started = 0
      for (const name of names) {
        void queue.acquire(account(name)).then(({ release }) => {
          started++
          working.push({ name, release })
        })
      }
      for (let ended = 0; ended < names.length; ended++) {
        await turn()
        expect(working.length).toBeLessThanOrEqual(3)
        expect(working.length, 'somebody is at work').toBeGreaterThan(0)
        for (const name of 'abc') {
          expect(working.filter((one) => one.name === name).length).toBeLessThanOrEqual(2)
        }
        const { value = 0 } = choices.next()
        working.splice(value % working.length, 1)[0]?.release()
      }
      await turn()
      expect(started).toBe(names.length)
    }),
    { numRuns: 50 },
  )
})

test('a caller does not wait for those of an account that has its share', async () => {
  const queue = new PlaceQueue()
  const order: string[] = []
  for (const name of ['a', 'a', 'a', 'a', 'b']) {
    void queue.acquire(account(name)).then(() => order.push(name))
  }
  await turn()
  expect(order).toEqual(['a', 'a', 'b'])
})
