import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { httpCancels } from '../load/cancel.ts'
import { countedRound } from '../method/rounds.ts'
import type { Setup } from '../method/setup.ts'
import { median } from '../method/statistics.ts'
import { cpuMicrosOf, cpuMicrosOfChildren } from '../server/cpu.ts'
import { monotonicMicros, readProfile } from '../server/profile.ts'
import { startProfiledServer, startServer } from '../server/server.ts'

/** Measures the processor time of one cancel, in microseconds of each process. */
export async function processor(setup: Setup): Promise<void> {
  const { store, client, pairs, durationMs, recordFigure } = setup
  const server = await startServer(store.url)
  const postmaster = await store.postmasterPid()
  const { idPrefix } = store
  const shared = { client, port: server.port, connections: 64, idPrefix }
  const cancel = httpCancels({ name: 'cancel', ...shared })
  const spent = { client: [] as number[], server: [] as number[], postgresql: [] as number[] }
  try {
    // The first round is a warm-up.
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
      recordFigure({ name: of, value: median(micros), unit: 'µs', target: null })
    }
  } finally {
    await server.stop()
  }
  await partsOfServer(setup)
}

/** Splits the server's time into parts, by a profile. Profiling slows the server down a little. */
async function partsOfServer({ store, client, durationMs, recordFigure }: Setup): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-profile-'))
  try {
    const server = await startProfiledServer(store.url, folder)
    const { idPrefix } = store
    const shared = { client, port: server.port, connections: 64, idPrefix }
    const cancel = httpCancels({ name: 'cancel, profiled', ...shared })
    const range = () => store.addPending(Math.ceil(durationMs * 25))
    const ranges = [await range(), await range()] as const
    await countedRound(store, cancel, ranges[0], durationMs)
    const from = monotonicMicros()
    const { acknowledged } = await cancel.run(ranges[1], durationMs)
    const to = monotonicMicros()
    await server.stop()
    const spent = await readProfile(folder, { from, to })
    for (const [part, micros] of [...spent].toSorted(([, a], [, b]) => b - a)) {
      const name = `of the server's time, by its profile: ${part}`
      recordFigure({ name, value: micros / acknowledged, unit: 'µs', target: null })
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}
