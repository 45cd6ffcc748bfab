import { expect, test } from 'vitest'
import { StepSize } from './step-size.ts'

/** A step that reaches the time limit above a size. Returns its size. */
const stepUpTo = (max: () => number, sizes: number[]) => async (size: number) => {
  sizes.push(size)
  if (size > max()) throw Object.assign(new Error('canceling statement'), { code: '57014' })
  return size
}

test('a step that takes too long is repeated with half the size, which grows again later', async () => {
  const sizes: number[] = []
  let max = 30
  const steps = new StepSize(100)
  const step = stepUpTo(() => max, sizes)
  expect(await steps.run(step)).toBe(25)
  expect(sizes).toEqual([100, 50, 25])
  max = 100
  const later: number[] = []
  for (let n = 0; n < 20; n++) later.push(await steps.run(step))
  expect(later.slice(0, 6)).toEqual([25, 25, 25, 25, 25, 25])
  expect(later.at(-1)).toBe(100)
})

test('a step of one, and every other error, fails', async () => {
  const sizes: number[] = []
  const steps = new StepSize(3)
  await expect(steps.run(stepUpTo(() => 0, sizes))).rejects.toThrow('canceling statement')
  expect(sizes).toEqual([3, 2, 1])
  const other = new StepSize(8).run(() => Promise.reject(new Error('another')))
  await expect(other).rejects.toThrow('another')
})
