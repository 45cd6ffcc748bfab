import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SemaphoreQueue } from './semaphore-queue.ts'

const account = (name: string, max = 2) => [
  { name: 'all', max: 3 },
  { name, max },
]

const never = new AbortController().signal
const turn = () => new Promise((resolve) => setImmediate(resolve))

test('the queue never exceeds a limit, and starts every caller eventually', async () => {
  const callers = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(callers, fc.infiniteStream(fc.nat(5)), async (names, choices) => {
      const queue = new SemaphoreQueue()
      const running: { name: string; release(): void }[] = []
      let started = 0
      for (const name of names) {
        void queue.acquire(account(name), never).then((permit) => {
          started++
          if (permit) running.push({ name, ...permit })
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
    void queue.acquire(account(name), never).then(() => order.push(name))
  }
  await turn()
  expect(order).toEqual(['a', 'a', 'b'])
})

test('a caller whose signal aborts leaves the queue, and the next one is started', async () => {
  const queue = new SemaphoreQueue()
  const order: unknown[] = []
  const leaving = new AbortController()
  const first = await queue.acquire(account('a', 1), never)
  void queue.acquire(account('a', 1), leaving.signal).then((permit) => order.push(permit))
  void queue.acquire(account('a', 1), never).then(() => order.push('next'))
  leaving.abort()
  await turn()
  expect(order).toEqual([null])
  first?.release()
  await turn()
  expect(order).toEqual([null, 'next'])
  expect(await queue.acquire(account('b', 1), leaving.signal)).toBeNull()
})
