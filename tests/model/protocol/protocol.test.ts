import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { explore } from './search/explore.ts'
import { type Fault, faults, type Setting } from './setting.ts'
import { settings } from './settings.ts'

// The model of the payment's protocol, explored completely: docs/why-cancel-is-right.md explains it.
// `npx vitest run tests/model/protocol -u` writes counterexamples.txt again.

const document = readFileSync(
  join(import.meta.dirname, '../../../docs/why-cancel-is-right.md'),
  'utf8',
)
const counts: string[] = []

afterAll(() => {
  process.stdout.write(`Explored by the model of the protocol:\n${counts.join('\n')}\n`)
})

test.each(Object.entries<Setting>(settings))(
  'no interleaving breaks a property, and every payment can become final: %s',
  (name, setting) => {
    const { counterexample, states, steps, depth } = explore(setting)
    expect(counterexample).toBeNull()
    const row = `| ${name} | ${inGroups(states)} | ${inGroups(steps)} | ${depth} |`
    counts.push(row)
    expect(document, 'the table of the document').toContain(row)
  },
)

/** The exploration in which the shortest counterexample shows each fault best. */
const showing: Readonly<Record<Fault, keyof typeof settings>> = {
  'an answer is stored without the fence': 'a submission, beside another one or a cancel',
  'a payment is moved without the fence': 'a submission, beside another one or a cancel',
  'a task is finished without the fence': 'refunds, which the processor may decline',
  'a cancel reads the status without the lock':
    'the end of an undo window, beside cancels and reversals',
  'a cancel ignores the status': 'a manual capture, beside a cancel or a reversal',
  'a cancel forgets the void': 'a submission, beside another one or a cancel',
  'a capture leaves before processing': 'the end of an undo window, beside cancels and reversals',
  'a capture is planned after its commit':
    'the end of an undo window, beside cancels and reversals',
  'a repeated capture has a new key': 'the end of an undo window, beside cancels and reversals',
  'a lost answer is a decline': 'the end of an undo window, beside cancels and reversals',
  'a refund is repeated without a look-up': 'refunds, which the processor may decline',
  'an abandoned call records a kept failure': 'refunds, which the processor may decline',
  'a refund is recorded twice': 'refunds, which the processor may decline',
  'a finished task forgets a request': 'refunds, which the processor may decline',
  'a message is ignored': 'a refund that a person makes, beside another one',
  'a reversal is forgotten': 'a manual capture, beside a cancel or a reversal',
  'the processor authorizes after a void': 'a submission, beside another one or a cancel',
  'the processor captures after a decline':
    'the end of an undo window, beside cancels and reversals',
  'a look-up does not show a refund': 'refunds, which the processor may decline',
  'the processor forgets a key': 'the end of an undo window, beside cancels and reversals',
}

test('the model finds each planted fault, with the shortest counterexample', async () => {
  const texts = Object.entries(showing).map(([fault, name]) => {
    const setting: Setting = { ...settings[name], fault: fault as Fault }
    const { counterexample } = explore(setting)
    expect(counterexample, fault).not.toBeNull()
    return [
      `# ${fault}: ${faults[fault as Fault]}`,
      ...(counterexample?.lines ?? []),
      `→ ${counterexample?.broken}`,
    ].join('\n')
  })
  await expect(`${texts.join('\n\n')}\n`).toMatchFileSnapshot('counterexamples.txt')
  expect(texts.filter((text) => document.includes(text))).toHaveLength(1)
})

function inGroups(count: number): string {
  return count.toLocaleString('en-US')
}
