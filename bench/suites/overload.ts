import { httpCancels } from '../load/cancel.ts'
import { startClient } from '../load/client.ts'
import { type FloodResult, flood } from '../load/flood.ts'
import { apiRequest, requests } from '../load/requests.ts'
import { countedRound } from '../method/rounds.ts'
import type { Setup } from '../method/setup.ts'
import { startServer } from '../server/server.ts'

/** The flood's rate, relative to the sustained rate. */
const factor = 10
/** Clients of the flood, each with one request at a time: more than the server lets in. */
const floodConnections = 4_000
/** Clients that cancel payments during the flood. */
const cancelConnections = 8
const createRange = { from: 0, count: 1_000_000 }

/**
 * Sends creates at ten times the sustained rate. Measures how many are accepted or refused and how long
 * that takes, and cancels payments at the same time.
 */
export async function overload(setup: Setup): Promise<void> {
  const { store, client, durationMs, isQuick, recordFigure } = setup
  const server = await startServer(store.url)
  const canceling = startClient()
  const { idPrefix } = store
  const body = { amount: 9999, currency: 'USD', customer_email: 'bench@example.com' }
  const request = apiRequest('POST', '/v1/payments', { idPrefix, body })
  const { port } = server
  const floodMs = isQuick ? 5_000 : 20_000
  const creates = (connections: number) =>
    requests({ name: 'create', targets: [{ client, port }], connections, request, expected: 201 })
  try {
    await creates(64).run(createRange, durationMs)
    const alone = await creates(1).run(createRange, durationMs)
    const sustained = await creates(64).run(createRange, durationMs)
    recordFigure({ name: 'create alone, p50', value: alone.p50Ms ?? 0, unit: 'ms', target: null })
    recordFigure({ name: 'create alone, p99', value: alone.p99Ms ?? 0, unit: 'ms', target: null })
    const per = { unit: 'requests/s', target: null }
    recordFigure({
      name: 'create, sustained at 64 connections',
      value: sustained.perSecond,
      ...per,
    })

    const perSecond = sustained.perSecond * factor
    for (const isPatient of [true, false]) {
      const range = await store.addPending(Math.ceil(floodMs * 5))
      const flooding = flood({
        ...{ port, perSecond, request, isPatient },
        connections: floodConnections,
        durationMs: floodMs,
        numbers: createRange,
      })
      const cancels = httpCancels({
        ...{ name: 'cancel beside a flood', client: canceling, port },
        ...{ connections: cancelConnections, idPrefix },
      })
      // Every cancel must succeed, or the run is void: a flood of creates must not refuse cancels.
      const canceled = await countedRound(store, cancels, range, floodMs)
      recordFlood(setup, { result: await flooding, isPatient, sustained: sustained.perSecond })
      const beside = `beside it, ${cancelConnections} connections`
      recordFigure({ name: `cancel ${beside}`, value: canceled.perSecond, ...per })
      recordFigure({
        name: `cancel ${beside}, p99`,
        value: canceled.p99Ms ?? 0,
        unit: 'ms',
        target: null,
      })
    }
  } finally {
    await canceling.stop()
    await server.stop()
  }
}

/**
 * Records the figures of one flood. The server does not read the connection of a client that ignores
 * `Retry-After` for about a second, and this time is part of the latency.
 */
function recordFlood(
  { recordFigure }: Setup,
  flooding: { result: FloodResult; isPatient: boolean; sustained: number },
): void {
  const { result, isPatient, sustained } = flooding
  const { due, sent, elapsedMs, byStatus } = result
  const [accepted, refused] = [byStatus[201], byStatus[503]]
  const answered = Object.values(byStatus).reduce((sum, { count }) => sum + count, 0)
  const unexpected = answered - (accepted?.count ?? 0) - (refused?.count ?? 0)
  const perSecond = (count: number) => (count / elapsedMs) * 1000
  const manner = isPatient ? 'clients obey Retry-After' : 'clients retry at once'
  const flooded = `create, ${factor} times as many, ${manner}`
  const plain = (name: string, value: number, unit: string) =>
    recordFigure({ name: `${flooded}: ${name}`, value, unit, target: null })
  plain('due', perSecond(due), 'requests/s')
  plain('sent', perSecond(sent), 'requests/s')
  plain('refused with 503', ((refused?.count ?? 0) / answered) * 100, '%')
  plain('refused, p99', refused?.p99Ms ?? 0, 'ms')
  plain('accepted, p50', accepted?.p50Ms ?? Number.NaN, 'ms')
  recordFigure({
    name: `${flooded}: accepted, p99`,
    value: accepted?.p99Ms ?? Number.NaN,
    unit: 'ms',
    target: { atMost: isPatient ? 1_000 : 2_000 },
  })
  plain('accepted, of what is sustained', perSecond(accepted?.count ?? 0) / sustained, 'times')
  recordFigure({
    name: `${flooded}: neither accepted nor refused, or not answered`,
    value: unexpected + sent - answered,
    unit: 'requests',
    target: { atMost: 0 },
  })
}
