import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../../scripts/build/packages.ts'
import { parseBlocks, readDocument } from '../docs/markdown.ts'
import { type Consumer, createConsumer } from './consumer.ts'

let consumer: Consumer

beforeAll(async () => {
  consumer = await createConsumer()
  await consumer.write({ 'package.json': '{ "private": true }', ...recipes() })
})

afterAll(async () => {
  await consumer?.untilNothingIsLeft()
  await consumer?.remove()
})

/** The files of the guide. Its blocks name them. */
function recipes(): Record<string, string> {
  const named = parseBlocks(readDocument('docs/testing-your-shop.md')).flatMap(({ info, code }) => {
    const [, name] = /tests\/testing\/recipes\.test\.ts runs it \((.+)\)$/.exec(info) ?? []
    return name === undefined ? [] : [[name, code] as const]
  })
  expect(named).toHaveLength(4)
  return Object.fromEntries(named)
}

const tool = (path: string) => join(root, 'node_modules', path)

test("the guide's suite for vitest passes: create, decline, cancel, signed webhook", async () => {
  const output = await consumer.run(process.execPath, [
    ...[tool('vitest/vitest.mjs'), 'run', 'shop.test.mjs'],
  ])
  expect(output).toMatch(/Tests\s+3 passed/)
})

test("the guide's suite for node:test passes, and its process ends by itself", async () => {
  const output = await consumer.run(process.execPath, ['--test', 'refund.test.mjs'])
  expect(output).toMatch(/pass 2\b/)
})

test('suites of several runners at the same time pass on one server', async () => {
  const runs = [
    [tool('vitest/vitest.mjs'), 'run', 'shop.test.mjs'],
    ['--test', 'refund.test.mjs'],
  ]
  await Promise.all(runs.map((args) => consumer.run(process.execPath, args)))
  expect((await consumer.hosts()).filter((name) => name.startsWith('host-'))).toHaveLength(1)
})
