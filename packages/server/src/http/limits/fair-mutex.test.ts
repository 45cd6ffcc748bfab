import { expect, test } from 'vitest'
import { FairMutex } from './fair-mutex.ts'

/** A promise that the test can resolve. */
function gate() {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

test('one job runs at a time, and names take turns', async () => {
  const mutex = new FairMutex()
  const started: string[] = []
  const { opened, open } = gate()
  let running = 0
  const run = (name: string) =>
    mutex.run(name, async () => {
      started.push(name)
      expect(++running).toBe(1)
      await opened
      running--
      return name
    })
  const all = [run('a'), run('a'), run('a'), run('a'), run('b'), run('c')]
  open()
  expect(await Promise.all(all)).toEqual(['a', 'a', 'a', 'a', 'b', 'c'])
  expect(started).toEqual(['a', 'a', 'b', 'c', 'a', 'a'])
})

test('a failed job does not block the next one', async () => {
  const mutex = new FairMutex()
  const failed = mutex.run('a', () => Promise.reject(new Error('no')))
  const next = mutex.run('a', async () => 'next')
  await expect(failed).rejects.toThrow('no')
  expect(await next).toBe('next')
})

test('jobs of one name beyond its share of the queue are refused, and other names still wait', async () => {
  const mutex = new FairMutex()
  const { opened, open } = gate()
  const wait = async () => {
    await opened
    return true
  }
  const many = Array.from({ length: 1_100 }, () => mutex.run('a', wait))
  const other = mutex.run('b', wait)
  open()
  expect((await Promise.all(many)).filter((done) => done === null)).toHaveLength(99)
  expect(await other).toBe(true)
})
