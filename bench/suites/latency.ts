import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { httpCancels } from '../load/cancel.ts'
import { apiRequest, requests } from '../load/requests.ts'
import { compare, type Round, type Variant } from '../method/rounds.ts'
import type { Setup } from '../method/setup.ts'
import { median } from '../method/statistics.ts'
import { startRival, startServer } from '../server/server.ts'

/** Compares the latency of a cancel on one connection with the disk's and with bare Node's. */
export async function latency({
  store,
  client,
  pairs,
  durationMs,
  recordComparison,
  recordFigure,
}: Setup) {
  const server = await startServer(store.url)
  const bare = await startRival('node-http-process.ts')
  const { idPrefix } = store
  const shared = { client, connections: 1, idPrefix }
  const cancel = httpCancels({ ...shared, name: 'cancel', port: server.port })
  const bareRequests = requests({
    ...{ name: 'bare node:http', targets: [{ client, port: bare.port }], connections: 1 },
    request: apiRequest('POST', '/', { idPrefix, body: { reason: 'customer_requested' } }),
    expected: 200,
  })
  try {
    const disk = await compare(store, {
      name: 'median latency of a cancel against an append and fdatasync of 8 kB',
      target: { atMost: 3 },
      a: cancel,
      b: fdatasync(store.dataDir),
      pairs,
      durationMs,
      measure: (round) => round.p50Ms ?? Number.NaN,
    })
    recordComparison(disk)
    const http = await compare(store, {
      name: 'p99 latency of a cancel against a bare node:http server',
      target: { atMost: 3 },
      a: cancel,
      b: bareRequests,
      pairs,
      durationMs,
      measure: p99Of,
    })
    recordComparison(http)
    const [sync, bareHttp] = [disk, http].map(({ pairs }) => median(pairs.map(({ b }) => p99Of(b))))
    const value = (sync ?? Number.NaN) / (bareHttp ?? Number.NaN)
    const name = 'p99 of an append and fdatasync alone against a bare node:http server'
    recordFigure({ name, value, unit: 'times', target: null })
  } finally {
    await bare.stop()
    await server.stop()
  }
}

function p99Of(round: Round): number {
  return round.p99Ms ?? Number.NaN
}

function fdatasync(folder: string): Variant {
  return {
    name: 'append and fdatasync',
    cancelsNothing: true,
    async run(_range, durationMs) {
      const child = fork(join(import.meta.dirname, '../rivals/fsync-process.ts'))
      const exited = once(child, 'exit')
      const answered = once(child, 'message')
      child.send({ folder, durationMs })
      const [round] = (await answered) as [Round]
      await exited
      return round
    },
  }
}
