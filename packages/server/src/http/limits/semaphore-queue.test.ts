import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SemaphoreQueue } from './semaphore-queue.ts'

const account = (name: string, max = 2) => [
  { name: 'all', max: 3 },
  { name, max },
]

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('the queue never exceeds a limit, and starts every caller eventually', async () => {
  const callers = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(callers, fc.infiniteStream(fc.nat(5)), async (names, choices) => {
      const queue = new SemaphoreQueue()
      const running: { name: string; release(): void }[] = []
      let started = 0
      for (const name of names) {
        void queue.acquire(account(name)).then(({ release }) => {
          started++
          running.push({ name, release })
        })
      }
      for (let ended = 0; ended < names.length; ended++) {
        await turn()
        expect(running.length).toBeLessThanOrEqual(3)
        expect(running.length, 'at least one caller is running').toBeGreaterThan(0)
        for (const name of 'abc') {
          expect(running.filter((one) => one.name === name).length).toBeLessThanOrEqual(2)
        }
        const { value = 0 } = choices.next()
        running.splice(value % running.length, 1)[0]?.release()
      }
      await turn()
      expect(started).toBe(names.length)
    }),
    { numRuns: 50 },
  )
})

test('a caller does not wait for an account that has used its share', async () => {
  const queue = new SemaphoreQueue()
  const order: string[] = []
  for (const name of ['a', 'a', 'a', 'a', 'b']) {
    void queue.acquire(account(name)).then(() => order.push(name))
  }
  await turn()
  expect(order).toEqual(['a', 'a', 'b'])
})
