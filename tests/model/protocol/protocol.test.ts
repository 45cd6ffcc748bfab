import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { isLongRun } from '../../support/size.ts'

// The model of the payment's protocol, explored completely: docs/why-cancel-is-right.md explains it. It runs in a
// process of its own, because vitest makes calls between modules slow.
// `npx vitest run tests/model/protocol -u` writes counterexamples.txt again.

const program = join(import.meta.dirname, 'run.ts')
const document = readFileSync(
  join(import.meta.dirname, '../../../docs/why-cancel-is-right.md'),
  'utf8',
)

/** Runs the program. Throws with its output if a property is broken, or a planted fault is not found. */
async function run(...options: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...options])
  return stdout
}

test('no interleaving breaks a property, and every payment can become final', async () => {
  const table = await run()
  process.stdout.write(table)
  expect(document).toContain(table)
})

test('the model finds each planted fault, with the shortest counterexample', async () => {
  const found = await run('--faults')
  await expect(found).toMatchFileSnapshot('counterexamples.txt')
  const shown = found
    .trim()
    .split('\n\n')
    .filter((text) => document.includes(text))
  expect(shown, 'the example in the document').toHaveLength(1)
})

test.runIf(isLongRun)(
  'no interleaving of more requests and servers breaks a property',
  async () => {
    process.stdout.write(await run('--long'))
  },
)
