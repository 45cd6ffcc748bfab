import type { Server } from 'node:http'
import { Counter, Gauge } from 'prom-client'
import { registry } from './registry.ts'

/** The state of a concurrency limit: see http/limits/adaptive-limiter.ts. */
interface WatchedLimiter {
  readonly inFlight: number
  readonly limit: number
  readonly refused: number
}

/** The state of a connection pool. */
interface WatchedPool {
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
  readonly options: { readonly max: number }
}

const limiters = new Map<string, WatchedLimiter>()
const pools = new Map<string, WatchedPool>()
const batchers = new Map<string, () => number>()
let httpServer: Server | null = null

/** Exports requests in flight, their limit and refusals. The names become the label `kind`. */
export function watchRequests(watched: Readonly<Record<string, WatchedLimiter>>): void {
  for (const [kind, limiter] of Object.entries(watched)) limiters.set(kind, limiter)
}

/** Exports database connections in use, and statements that wait for one, by the label `pool`. */
export function watchPools(watched: Readonly<Record<string, WatchedPool>>): void {
  for (const [name, pool] of Object.entries(watched)) pools.set(name, pool)
}

/** Exports the number of entries that wait for a batch, by the label `batcher`. */
export function watchBatcher(batcher: string, waiting: () => number): void {
  batchers.set(batcher, waiting)
}

/** Exports the number of open and of dropped HTTP connections. */
export function watchConnections(server: Server): void {
  httpServer = server
  server.on('drop', () => dropped.inc())
}

const registers = [registry]

const dropped = new Counter({
  name: 'hedge_http_connections_dropped_total',
  help: 'Connections that were closed at once because too many were open.',
  registers,
})

/** A gauge that is read at each scrape, with one value for each watched object. */
function gaugeOf<T>(given: {
  name: string
  help: string
  label: string
  watched: ReadonlyMap<string, T>
  read: (state: T) => number
}): Gauge {
  const { name, help, label, watched, read } = given
  return new Gauge({
    name,
    help,
    labelNames: [label],
    registers,
    collect() {
      for (const [value, state] of watched) this.set({ [label]: value }, read(state))
    },
  })
}

gaugeOf({
  name: 'hedge_http_requests_in_flight',
  help: 'Requests in flight, by kind: cancellations (cancels, reversals, bulk cancellations), others.',
  label: 'kind',
  watched: limiters,
  read: ({ inFlight }) => inFlight,
})
gaugeOf({
  name: 'hedge_http_requests_in_flight_limit',
  help: 'Current limit of requests in flight, by kind.',
  label: 'kind',
  watched: limiters,
  read: ({ limit }) => limit,
})
gaugeOf({
  name: 'hedge_database_connections_in_use',
  help: 'Database connections in use, by pool.',
  label: 'pool',
  watched: pools,
  read: ({ totalCount, idleCount }) => totalCount - idleCount,
})
gaugeOf({
  name: 'hedge_database_connections_limit',
  help: 'Database connections that this process opens at most, by pool.',
  label: 'pool',
  watched: pools,
  read: ({ options }) => options.max,
})
gaugeOf({
  name: 'hedge_database_statements_waiting',
  help: 'Statements that wait for a database connection, by pool.',
  label: 'pool',
  watched: pools,
  read: ({ waitingCount }) => waitingCount,
})
gaugeOf({
  name: 'hedge_batch_entries_waiting',
  help: 'Entries that wait for the next batch, by batcher.',
  label: 'batcher',
  watched: batchers,
  read: (waiting) => waiting(),
})

// The limiters count their refusals. This counter copies the totals at each scrape.
const shed = new Counter({
  name: 'hedge_http_requests_shed_total',
  help: 'Requests that were refused early because too many were in flight, by kind.',
  labelNames: ['kind'],
  registers,
  collect() {
    shed.reset()
    for (const [kind, { refused }] of limiters) shed.inc({ kind }, refused)
  },
})

const connections: Gauge = new Gauge({
  name: 'hedge_http_connections',
  help: 'Open HTTP connections.',
  registers,
  async collect() {
    connections.set(await countConnections())
  },
})

function countConnections(): Promise<number> {
  return new Promise((resolve) => {
    if (!httpServer) return resolve(0)
    httpServer.getConnections((_, count) => resolve(count ?? 0))
  })
}
