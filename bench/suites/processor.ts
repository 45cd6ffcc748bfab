import { httpCancels } from '../machinery/cancel.ts'
import { cpuMicrosOf, cpuMicrosOfChildren } from '../machinery/cpu.ts'
import { startServer } from '../machinery/server.ts'
import type { Setup } from '../machinery/setup.ts'
import { median } from '../machinery/statistics.ts'

/** Where the processors' time goes: microseconds of each process for one cancel. */
export async function processor(setup: Setup): Promise<void> {
  const { store, client, pairs, durationMs, note } = setup
  const server = await startServer(store.url)
  const postmaster = await store.postmasterPid()
  const { idPrefix } = store
  const shared = { client, port: server.port, connections: 64, idPrefix }
  const cancel = httpCancels({ name: 'cancel', ...shared })
  const spent = { client: [] as number[], server: [] as number[], postgresql: [] as number[] }
  try {
    // The first round warms up and is left out.
    for (let round = 0; round <= pairs; round++) {
      const range = await store.addPending(Math.ceil(durationMs * 25))
      const serverBefore = await cpuMicrosOf(server.pid)
      const postgresBefore = await cpuMicrosOfChildren(postmaster)
      const { acknowledged, clientMicrosPerRequest } = await cancel.run(range, durationMs)
      if (round === 0) continue
      const ofServer = (await cpuMicrosOf(server.pid)) - serverBefore
      const ofPostgres = (await cpuMicrosOfChildren(postmaster)) - postgresBefore
      spent.client.push(clientMicrosPerRequest ?? Number.NaN)
      spent.server.push(ofServer / acknowledged)
      spent.postgresql.push(ofPostgres / acknowledged)
    }
    for (const [name, micros] of Object.entries(spent)) {
      const of = `processor time of one cancel at 64 connections, ${name}`
      note({ name: of, value: median(micros), unit: 'µs', target: null })
    }
  } finally {
    await server.stop()
  }
}
