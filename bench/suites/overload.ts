import { httpCancels } from '../machinery/cancel.ts'
import { startClient } from '../machinery/client.ts'
import { type FloodResult, flood } from '../machinery/flood.ts'
import { apiRequest, requests } from '../machinery/requests.ts'
import { countedRound } from '../machinery/rounds.ts'
import { startServer } from '../machinery/server.ts'
import type { Setup } from '../machinery/setup.ts'

/** Ten times what it can do. */
const factor = 10
/** Clients of the flood, each with one request at a time: more than may be in flight. */
const floodConnections = 4_000
/** People who stop payments meanwhile. */
const stoppers = 8
const createRange = { from: 0, count: 1_000_000 }

/**
 * Creates at ten times the rate that can be served, by clients that do not wait: what is accepted,
 * how long that takes, what is refused; and whether payments can be canceled meanwhile.
 */
export async function overload(setup: Setup): Promise<void> {
  const { store, client, durationMs, isQuick, note } = setup
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
    note({ name: 'create alone, p50', value: alone.p50Ms ?? 0, unit: 'ms', target: null })
    note({ name: 'create alone, p99', value: alone.p99Ms ?? 0, unit: 'ms', target: null })
    const per = { unit: 'requests/s', target: null }
    note({ name: 'create, sustained at 64 connections', value: sustained.perSecond, ...per })

    const perSecond = sustained.perSecond * factor
    for (const isPatient of [true, false]) {
      const range = await store.addPending(Math.ceil(floodMs * 5))
      const flooding = flood({
        ...{ port, perSecond, request, isPatient },
        connections: floodConnections,
        durationMs: floodMs,
        numbers: createRange,
      })
      const stops = httpCancels({
        ...{ name: 'cancel beside a flood', client: canceling, port },
        ...{ connections: stoppers, idPrefix },
      })
      // Each of these must be canceled, or the run is void: cancels are not refused for creates.
      const canceled = await countedRound(store, stops, range, floodMs)
      noteFlood(setup, { result: await flooding, isPatient, sustained: sustained.perSecond })
      const beside = `beside it, ${stoppers} connections`
      note({ name: `cancel ${beside}`, value: canceled.perSecond, ...per })
      note({ name: `cancel ${beside}, p99`, value: canceled.p99Ms ?? 0, unit: 'ms', target: null })
    }
  } finally {
    await canceling.stop()
    await server.stop()
  }
}

/**
 * A client that heeds Retry-After has its answer within a second. One that asks again at once is
 * not read until about then, which is in its times.
 */
function noteFlood(
  { note }: Setup,
  flooding: { result: FloodResult; isPatient: boolean; sustained: number },
): void {
  const { result, isPatient, sustained } = flooding
  const { due, sent, elapsedMs, byStatus } = result
  const [accepted, refused] = [byStatus[201], byStatus[503]]
  const answered = Object.values(byStatus).reduce((sum, { count }) => sum + count, 0)
  const unexpected = answered - (accepted?.count ?? 0) - (refused?.count ?? 0)
  const perSecond = (count: number) => (count / elapsedMs) * 1000
  const manner = isPatient ? 'clients wait as asked' : 'clients ask again at once'
  const flooded = `create, ${factor} times as many, ${manner}`
  const plain = (name: string, value: number, unit: string) =>
    note({ name: `${flooded}: ${name}`, value, unit, target: null })
  plain('due', perSecond(due), 'requests/s')
  plain('sent', perSecond(sent), 'requests/s')
  plain('refused with 503', ((refused?.count ?? 0) / answered) * 100, '%')
  plain('refused, p99', refused?.p99Ms ?? 0, 'ms')
  plain('accepted, p50', accepted?.p50Ms ?? Number.NaN, 'ms')
  note({
    name: `${flooded}: accepted, p99`,
    value: accepted?.p99Ms ?? Number.NaN,
    unit: 'ms',
    target: { atMost: isPatient ? 1_000 : 2_000 },
  })
  plain('accepted, of what is sustained', perSecond(accepted?.count ?? 0) / sustained, 'times')
  note({
    name: `${flooded}: neither accepted nor refused, or not answered`,
    value: unexpected + sent - answered,
    unit: 'requests',
    target: { atMost: 0 },
  })
}
