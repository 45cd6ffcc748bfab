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

/** An hour and forty gigabytes: only when asked for. */
const longSuites = { growth }

const { values: flags } = parseArgs({
  options: {
    /** Less of everything: an impression in under two minutes. */
    quick: { type: 'boolean', default: false },
    /** Suites by name, with commas. */
    only: { type: 'string', default: Object.keys(suites).join(',') },
  },
})

const isQuick = flags.quick
const payments = isQuick ? 50_000 : 1_000_000
const [pairs, durationMs] = isQuick ? [3, 1_000] : [5, 4_000]

const store = await Store.start()
const client = startClient()
try {
  const pgbench = await findPgbench()
  const results = await describeRun(store, { payments, pairs, durationMs, pgbench })
  console.log(`${payments.toLocaleString('en')} payments, ${pairs} pairs of ${durationMs} ms`)
  await store.addHistory(payments)
  for (const name of flags.only.split(',')) {
    const suite = { ...suites, ...longSuites }[name]
    if (!suite) throw new Error(`there is no suite ${name}`)
    await suite({
      ...{ store, client, pairs, durationMs, isQuick },
      report(comparison) {
        results.comparisons.push(comparison)
        console.log(`${lineOf(comparison)}${wanted(comparison.target)}`)
      },
      note(figure) {
        results.figures.push(figure)
        console.log(lineOfFigure(figure))
      },
    })
  }
  const file = join(import.meta.dirname, 'results', isQuick ? 'quick.json' : 'full.json')
  await saveResults(file, results)
} finally {
  await client.stop()
  await store.stop()
}
