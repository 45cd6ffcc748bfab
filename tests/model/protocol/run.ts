// `npm run model`: explores the model of the payment's protocol, and prints the numbers of states.
// `--long`: the larger explorations. `--faults`: the shortest counterexample for each planted fault.

import { parseArgs } from 'node:util'
import { type Exploration, explore } from './search/explore.ts'
import { type Fault, faults, type Setting } from './setting.ts'
import { longSettings, settings, showing } from './settings.ts'

const options = { long: { type: 'boolean' }, faults: { type: 'boolean' } } as const
const { values } = parseArgs({ options })

if (values.faults) showFaults()
else exploreAll(values.long ? longSettings : settings)

/** Prints one row of the table for each exploration. */
function exploreAll(named: Readonly<Record<string, Setting>>): void {
  say('| explored | states | steps | depth |\n|---|---|---|---|')
  for (const [name, setting] of Object.entries(named)) {
    const { counterexample, states, steps, depth } = explore(setting)
    say(`| ${name} | ${inGroups(states)} | ${inGroups(steps)} | ${depth} |`)
    if (counterexample === null) continue
    say(textOf(counterexample))
    process.exitCode = 1
  }
}

function showFaults(): void {
  for (const [fault, name] of Object.entries(showing) as [Fault, keyof typeof settings][]) {
    const { counterexample } = explore({ ...settings[name], fault })
    say(`# ${fault}: ${faults[fault]}`)
    say(counterexample === null ? 'not found' : textOf(counterexample))
    say('')
    if (counterexample === null) process.exitCode = 1
  }
}

function textOf({ broken, lines }: NonNullable<Exploration['counterexample']>): string {
  return [...lines, `→ ${broken}`].join('\n')
}

function inGroups(count: number): string {
  return count.toLocaleString('en-US')
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
