import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Store } from './database/store.ts'
import { startClient } from './load/client.ts'
import type { Setup } from './method/setup.ts'
import { describeRun, lineOf, lineOfFigure, saveResults, wanted } from './report/results.ts'
import { findPgbench } from './rivals/single-statement.ts'
import { batching } from './suites/batching.ts'
import { calls } from './suites/calls.ts'
import { cancelUnderLoad } from './suites/cancel-under-load.ts'
import { cluster } from './suites/cluster.ts'
import { growth } from './suites/growth.ts'
import { latency } from './suites/latency.ts'
import { operations } from './suites/operations.ts'
import { overload } from './suites/overload.ts'
import { peer } from './suites/peer.ts'
import { processor } from './suites/processor.ts'
import { slowReaders } from './suites/slow-readers.ts'
import { statement } from './suites/statement.ts'

// `npm run bench`: runs the suites and writes their results. bench/README.md describes the method.

const suites: Readonly<Record<string, (setup: Setup) => Promise<void>>> = {
  statement,
  batching,
  latency,
  operations,
  'cancel-under-load': cancelUnderLoad,
  overload,
  'slow-readers': slowReaders,
  peer,
  processor,
  calls,
}

/**
 * They run only by name. `growth` needs half an hour and 40 GB, and creates its own databases. `cluster` needs
 * databases that run already.
 */
const longSuites = { growth, cluster }

/** Suites of `--quick`. */
const quickSuites = ['statement', 'batching', 'operations', 'cancel-under-load']

const { values: flags } = parseArgs({
  options: {
    /** Fewer suites, payments and rounds: about two minutes. */
    quick: { type: 'boolean', default: false },
    /** Names of suites, separated by commas. */
    only: { type: 'string' },
    /** Payments before the first round; pairs of rounds; seconds of a round; minutes of the long load. */
    payments: { type: 'string' },
    pairs: { type: 'string' },
    seconds: { type: 'string' },
    minutes: { type: 'string' },
  },
})

const isQuick = flags.quick
const numberOf = (flag: string | undefined, usual: number) => Number(flag ?? usual)
const payments = numberOf(flags.payments, isQuick ? 50_000 : 1_000_000)
const pairs = numberOf(flags.pairs, isQuick ? 3 : 5)
const durationMs = numberOf(flags.seconds, isQuick ? 1 : 3) * 1000
const minutes = numberOf(flags.minutes, isQuick ? 1 : 10)
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
    if (!suite) throw new Error(`unknown suite ${name}`)
    await suite({
      ...{ store, client, pairs, durationMs, minutes, isQuick },
      recordComparison(comparison) {
        results.comparisons.push(comparison)
        console.log(`${lineOf(comparison)}${wanted(comparison.target)}`)
      },
      recordFigure(figure) {
        results.figures.push(figure)
        console.log(lineOfFigure(figure))
      },
    })
    // Saved after each suite: a failure of the next one must not lose the results so far.
    await saveResults(fileOf('part'), results)
  }
  await saveResults(fileOf(nameOfRun()), results)
} finally {
  await client.stop()
  await store.stop()
}

/** Only a run of all suites at full size is called `full`. */
function nameOfRun(): string {
  const all = flags.only ?? 'full'
  if (isReduced) return 'quick'
  return all in longSuites || all === 'full' ? all : 'part'
}

function fileOf(name: string): string {
  return join(import.meta.dirname, 'results', `${name}.json`)
}
