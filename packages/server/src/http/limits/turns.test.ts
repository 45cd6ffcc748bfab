import { expect, test } from 'vitest'
import { Turns } from './turns.ts'

/** Work that ends when the test says so. */
function gate() {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

test('one piece of work runs at a time, and a name waits for one of each other name at most', async () => {
  const turns = new Turns()
  const started: string[] = []
  const { opened, open } = gate()
  let running = 0
  const work = (name: string) =>
    turns.run(name, async () => {
      started.push(name)
      expect(++running).toBe(1)
      await opened
      running--
      return name
    })
  const all = [work('a'), work('a'), work('a'), work('a'), work('b'), work('c')]
  open()
  expect(await Promise.all(all)).toEqual(['a', 'a', 'a', 'a', 'b', 'c'])
  expect(started).toEqual(['a', 'a', 'b', 'c', 'a', 'a'])
})

test('work that fails gives its turn to the next', async () => {
  const turns = new Turns()
  const failed = turns.run('a', () => Promise.reject(new Error('no')))
  const next = turns.run('a', async () => 'next')
  await expect(failed).rejects.toThrow('no')
  expect(await next).toBe('next')
})

test('one name cannot fill the queue: what is too much of it is refused, others still wait', async () => {
  const turns = new Turns()
  const { opened, open } = gate()
  const hold = async () => {
    await opened
    return true
  }
  const many = Array.from({ length: 1_100 }, () => turns.run('a', hold))
  const other = turns.run('b', hold)
  open()
  expect((await Promise.all(many)).filter((done) => done === null)).toHaveLength(99)
  expect(await other).toBe(true)
})
