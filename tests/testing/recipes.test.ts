import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../../scripts/build/packages.ts'
import { filesOf } from '../docs/markdown.ts'
import { isLongRun } from '../support/size.ts'
import { type Consumer, createConsumer } from './consumer.ts'

let consumer: Consumer

beforeAll(async () => {
  consumer = await createConsumer()
  await consumer.write({
    'package.json': '{ "private": true }',
    ...filesOf('docs/testing-your-shop.md'),
  })
})

afterAll(async () => {
  await consumer?.untilNothingIsLeft()
  await consumer?.remove()
})

const tool = (path: string) => join(root, 'node_modules', path)

test.runIf(isLongRun)(
  "the guide's suite for vitest passes: create, decline, cancel, signed webhook",
  async () => {
    const output = await consumer.run(process.execPath, [...[tool('vitest/vitest.mjs'), 'run']])
    expect(output).toMatch(/Tests\s+3 passed/)
  },
)

test.runIf(isLongRun)(
  "the guide's suite for node:test passes, and its process ends by itself",
  async () => {
    const output = await consumer.run(process.execPath, ['--test', 'refund.node.mjs'])
    expect(output).toMatch(/pass 2\b/)
  },
)

test('suites of several runners at the same time pass on one server', async () => {
  const runs = [
    [tool('vitest/vitest.mjs'), 'run'],
    ['--test', 'refund.node.mjs'],
  ]
  const [vitest, nodeTest] = await Promise.all(
    runs.map((args) => consumer.run(process.execPath, args)),
  )
  expect(vitest).toMatch(/Tests\s+3 passed/)
  expect(nodeTest).toMatch(/pass 2\b/)
  expect((await consumer.hosts()).filter((name) => name.startsWith('host-'))).toHaveLength(1)
})
