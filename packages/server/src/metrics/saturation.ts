import type { Server } from 'node:http'
import { Counter, Gauge } from 'prom-client'
import { registry } from './registry.ts'

/** What a lane says of itself: see http/limits/concurrency-limiter.ts. */
interface WatchedLane {
  readonly inFlight: number
  readonly limit: number
  readonly refused: number
}

/** What a pool says of itself. */
interface WatchedPool {
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
}

const lanes = new Map<string, WatchedLane>()
const pools = new Map<string, WatchedPool>()
const batchers = new Map<string, () => number>()
let httpServer: Server | null = null

/** Shows how many requests are in flight, may be, and were refused. The names are labels. */
export function watchRequests(watched: Readonly<Record<string, WatchedLane>>): void {
  for (const [lane, state] of Object.entries(watched)) lanes.set(lane, state)
}

/** Shows how many connections of a pool are in use, and what waits for one. */
export function watchPools(watched: Readonly<Record<string, WatchedPool>>): void {
  for (const [pool, state] of Object.entries(watched)) pools.set(pool, state)
}

/** Shows how many entries wait for a batch. */
export function watchBatcher(batcher: string, waiting: () => number): void {
  batchers.set(batcher, waiting)
}

/** Shows how many sockets clients hold. */
export function watchConnections(server: Server): void {
  httpServer = server
  server.on('drop', () => dropped.inc())
}

const registers = [registry]

const dropped = new Counter({
  name: 'hedge_connections_dropped_total',
  help: 'Connections that were hung up on because there were too many.',
  registers,
})

/** A gauge that is read at each scrape: one value for each thing that is watched. */
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
  name: 'hedge_requests_in_flight',
  help: 'Requests that are being worked on, by lane: those that stop payments, and others.',
  label: 'lane',
  watched: lanes,
  read: ({ inFlight }) => inFlight,
})
gaugeOf({
  name: 'hedge_requests_in_flight_limit',
  help: 'How many requests may be in flight just now, by lane.',
  label: 'lane',
  watched: lanes,
  read: ({ limit }) => limit,
})
gaugeOf({
  name: 'hedge_pool_connections_in_use',
  help: 'Connections to the database that are in use, by pool.',
  label: 'pool',
  watched: pools,
  read: ({ totalCount, idleCount }) => totalCount - idleCount,
})
gaugeOf({
  name: 'hedge_pool_waiting',
  help: 'Statements that wait for a connection to the database, by pool.',
  label: 'pool',
  watched: pools,
  read: ({ waitingCount }) => waitingCount,
})
gaugeOf({
  name: 'hedge_batcher_waiting',
  help: 'Entries that wait for the next batch, by what is batched.',
  label: 'batcher',
  watched: batchers,
  read: (waiting) => waiting(),
})

// A counter that is read and not counted: the lane keeps the number.
const shed = new Counter({
  name: 'hedge_requests_shed_total',
  help: 'Requests that were refused early because too many were in flight, by lane.',
  labelNames: ['lane'],
  registers,
  collect() {
    shed.reset()
    for (const [lane, { refused }] of lanes) shed.inc({ lane }, refused)
  },
})

const connections: Gauge = new Gauge({
  name: 'hedge_connections',
  help: 'Connections that clients hold.',
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
