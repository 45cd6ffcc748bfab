import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startClient } from './machinery/client.ts'
import { describeRun, lineOf, lineOfFigure, saveResults, wanted } from './machinery/report.ts'
import type { Setup } from './machinery/setup.ts'
import { findPgbench } from './machinery/single-statement.ts'
import { Store } from './machinery/store.ts'
import { batching } from './suites/batching.ts'
import { beside } from './suites/beside.ts'
import { growth } from './suites/growth.ts'
import { latency } from './suites/latency.ts'
import { operations } from './suites/operations.ts'
import { overload } from './suites/overload.ts'
import { peer } from './suites/peer.ts'
import { processor } from './suites/processor.ts'
import { statement } from './suites/statement.ts'

// `npm run bench`: see bench/README.md.

const suites: Readonly<Record<string, (setup: Setup) => Promise<void>>> = {
  statement,
  batching,
  latency,
  operations,
  beside,
  overload,
  peer,
  processor,
}

/** Half an hour and forty gigabytes: only when asked for. It has tables of its own. */
const longSuites = { growth }

/** What an impression consists of. */
const quickSuites = ['statement', 'batching', 'operations', 'beside']

const { values: flags } = parseArgs({
  options: {
    /** Less of everything: an impression in under two minutes. */
    quick: { type: 'boolean', default: false },
    /** Suites by name, with commas. */
    only: { type: 'string' },
    /** Payments that are there before; pairs of rounds; seconds of a round; minutes of endurance. */
    payments: { type: 'string' },
    pairs: { type: 'string' },
    seconds: { type: 'string' },
    minutes: { type: 'string' },
  },
})

const isQuick = flags.quick
const given = (flag: string | undefined, usual: number) => Number(flag ?? usual)
const payments = given(flags.payments, isQuick ? 50_000 : 1_000_000)
const pairs = given(flags.pairs, isQuick ? 3 : 5)
const durationMs = given(flags.seconds, isQuick ? 1 : 3) * 1000
const minutes = given(flags.minutes, isQuick ? 1 : 10)
const chosen = flags.only?.split(',') ?? (isQuick ? quickSuites : Object.keys(suites))
const isReduced = isQuick || flags.payments || flags.pairs || flags.seconds || flags.minutes

const store = await Store.start({ isQuick })
const client = startClient()
try {
  const pgbench = await findPgbench()
  const results = await describeRun(store, {
    ...{ suites: chosen, payments, pairs, durationMs, pgbench },
  })
  console.log(`${payments.toLocaleString('en')} payments, ${pairs} pairs of ${durationMs} ms`)
  if (chosen.some((name) => name in suites)) await store.addHistory(payments)
  for (const name of chosen) {
    const suite = { ...suites, ...longSuites }[name]
    if (!suite) throw new Error(`there is no suite ${name}`)
    await suite({
      ...{ store, client, pairs, durationMs, minutes, isQuick },
      report(comparison) {
        results.comparisons.push(comparison)
        console.log(`${lineOf(comparison)}${wanted(comparison.target)}`)
      },
      note(figure) {
        results.figures.push(figure)
        console.log(lineOfFigure(figure))
      },
    })
    // Half an hour of figures is not to be lost with what comes after them.
    await saveResults(fileOf('part'), results)
  }
  await saveResults(fileOf(nameOfRun()), results)
} finally {
  await client.stop()
  await store.stop()
}

/** Only a whole run is called one. */
function nameOfRun(): string {
  const all = flags.only ?? 'full'
  if (isReduced) return 'quick'
  return all in longSuites || all === 'full' ? all : 'part'
}

function fileOf(name: string): string {
  return join(import.meta.dirname, 'results', `${name}.json`)
}
