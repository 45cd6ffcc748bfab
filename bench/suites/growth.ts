import { connect, type Socket } from 'node:net'
import { Store } from '../database/store.ts'
import { httpCancels } from '../load/cancel.ts'
import { startClient } from '../load/client.ts'
import { countedRound } from '../method/rounds.ts'
import type { Setup } from '../method/setup.ts'
import { median } from '../method/statistics.ts'
import { type Server, startServer } from '../server/server.ts'

const idleConnections = 5_000

interface Table {
  readonly size: number
  readonly store: Store
  readonly server: Server
  readonly rates: number[]
}

/** Compares tables of ten thousand to ten million payments; measures idle clients and a long load. */
export async function growth(setup: Setup): Promise<void> {
  const tables: Table[] = []
  try {
    for (const size of setup.isQuick ? [10_000, 100_000] : [10_000, 1_000_000, 10_000_000]) {
      const table = await createTable(size)
      tables.push(table)
    }
    await compareTables(setup, tables)
    const largest = tables.at(-1)
    if (!largest) throw new Error('no table was created')
    await idle(setup, largest)
    await endurance(setup, largest)
  } finally {
    for (const { store, server } of tables) {
      await server.stop()
      await store.stop()
    }
  }
}

async function createTable(size: number): Promise<Table> {
  const startedAt = performance.now()
  const store = await Store.start()
  await store.addHistory(size)
  const server = await startServer(store.url)
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  console.log(`  (${size.toLocaleString('en')} payments, made in ${seconds} s)`)
  return { size, store, server, rates: [] }
}

/** Runs rounds of all sizes in turn, one cluster for each, so that all see the same machine load. */
async function compareTables({ client, pairs, durationMs, recordFigure }: Setup, tables: Table[]) {
  // The first round is a warm-up.
  for (let round = 0; round <= pairs; round++) {
    for (const { size, store, server, rates } of tables) {
      const { idPrefix } = store
      await store.checkpoint()
      const range = await store.addPending(Math.ceil(durationMs * 25))
      await store.vacuum()
      const name = `cancel among ${size}`
      const shared = { client, port: server.port, connections: 64, idPrefix }
      const cancel = httpCancels({ name, ...shared })
      const { perSecond } = await countedRound(store, cancel, range, durationMs)
      if (round > 0) rates.push(perSecond)
    }
  }
  const first = tables[0]
  for (const { size, rates } of tables) {
    const name = `cancel among ${size.toLocaleString('en')} payments, 64 connections`
    recordFigure({ name, value: median(rates), unit: 'requests/s', target: null })
    if (!first || size === first.size) continue
    const ratios = rates.map((rate, i) => rate / (first.rates[i] ?? Number.NaN))
    const than = `among ${size.toLocaleString('en')} against ${first.size.toLocaleString('en')}`
    recordFigure({ name: than, value: median(ratios), unit: 'times', target: { atLeast: 0.9 } })
  }
}

/** Measures cancels while five thousand idle connections are open. */
async function idle(
  { client, durationMs, recordFigure }: Setup,
  { store, server }: Table,
): Promise<void> {
  const before = await server.rssMiB()
  const sockets: Socket[] = []
  for (let i = 0; i < idleConnections; i++) sockets.push(await open(server.port))
  const { idPrefix } = store
  const shared = { client, port: server.port, connections: 64, idPrefix }
  const range = await store.addPending(Math.ceil(durationMs * 25))
  const cancel = httpCancels({ name: 'cancel beside idle connections', ...shared })
  const round = await countedRound(store, cancel, range, durationMs)
  const after = await server.rssMiB()
  for (const socket of sockets) socket.destroy()
  const beside = `beside ${idleConnections.toLocaleString('en')} idle connections`
  const shown = { unit: 'requests/s', target: null }
  recordFigure({ name: `cancel ${beside}`, value: round.perSecond, ...shown })
  recordFigure({ name: `memory for ${beside}`, value: after - before, unit: 'MiB', target: null })
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.once('error', reject)
  })
}

/** Measures the memory of the server after each minute of a long load. */
async function endurance(
  { minutes, recordFigure }: Setup,
  { store, server }: Table,
): Promise<void> {
  const { idPrefix } = store
  for (let minute = 1; minute <= minutes; minute++) {
    // A new client each minute, because a client keeps all latencies of its rounds in memory.
    const client = startClient()
    const shared = { client, port: server.port, connections: 64, idPrefix }
    const cancel = httpCancels({ name: 'cancel, long load', ...shared })
    for (let i = 0; i < 6; i++) {
      const range = await store.addPending(150_000)
      await countedRound(store, cancel, range, 10_000)
    }
    await client.stop()
    const name = `memory of the server after minute ${minute}`
    recordFigure({ name, value: await server.rssMiB(), unit: 'MiB', target: null })
  }
}
