import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '../database/store.ts'
import type { Setup } from '../method/setup.ts'
import { median } from '../method/statistics.ts'
import { cpuMicrosOf, cpuMicrosOfChildren } from '../server/cpu.ts'
import { startRival, startServer } from '../server/server.ts'

/** Time in which the server finds out how many calls the processor takes. */
const warmUpMs = 15_000
const measuredMs = 20_000
/** More payments than one process can capture in this time. */
const backlog = 5_000
/** With this ceiling, captures and refunds have eight calls, as before the limit adapted. */
const eightCalls = '10'

/**
 * Measures the captures of one process against a processor that takes 700 ms for a call and 100 calls a
 * second: with the limit that adapts, and with eight calls.
 */
export async function calls({ store, pairs, recordFigure }: Setup): Promise<void> {
  const rounds = { adaptive: [] as Round[], eight: [] as Round[] }
  for (let pair = 0; pair < pairs; pair++) {
    rounds.adaptive.push(await capture(store, {}))
    rounds.eight.push(await capture(store, { HEDGE_PROCESSOR_CALLS_MAX: eightCalls }))
  }
  const medianOf = (of: readonly Round[], name: keyof Round) => median(of.map((each) => each[name]))
  const adaptive = medianOf(rounds.adaptive, 'perSecond')
  const eight = medianOf(rounds.eight, 'perSecond')
  const figure = (name: string, value: number, unit: string, atLeast: number | null) =>
    recordFigure({ name, value, unit, target: atLeast === null ? null : { atLeast } })
  figure('captures of one process, at 700 ms and 100 calls a second', adaptive, 'a second', 80)
  figure('the same with eight calls', eight, 'a second', null)
  figure('the limit that adapts against eight calls', adaptive / eight, 'times', 7)
  for (const name of ['serverMicros', 'postgresMicros'] as const) {
    const of = name === 'serverMicros' ? 'server' : 'postgresql'
    const value = medianOf(rounds.adaptive, name)
    figure(`processor time of one capture, ${of}`, value, 'µs', null)
  }
}

/** The captures of one round, and the processor time of each. */
interface Round {
  readonly perSecond: number
  readonly serverMicros: number
  readonly postgresMicros: number
}

async function capture(store: Store, env: Record<string, string>): Promise<Round> {
  const postmaster = await store.postmasterPid()
  const stripe = await startRival('stripe-process.ts')
  await store.addDueCaptures(backlog)
  const server = await startServer(store.url, {
    HEDGE_STRIPE_SECRET_KEY: 'sk_test_bench',
    HEDGE_STRIPE_API_BASE: `http://127.0.0.1:${stripe.port}`,
    ...env,
  })
  try {
    await sleep(warmUpMs)
    const before = await store.countCaptured()
    const serverBefore = await cpuMicrosOf(server.pid)
    const postgresBefore = await cpuMicrosOfChildren(postmaster)
    const startedMs = performance.now()
    await sleep(measuredMs)
    const captured = (await store.countCaptured()) - before
    return {
      perSecond: (captured * 1_000) / (performance.now() - startedMs),
      serverMicros: ((await cpuMicrosOf(server.pid)) - serverBefore) / captured,
      postgresMicros: ((await cpuMicrosOfChildren(postmaster)) - postgresBefore) / captured,
    }
  } finally {
    await server.stop()
    await stripe.stop()
    await store.dropCaptures()
  }
}
