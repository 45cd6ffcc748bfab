import type { FastifyInstance } from 'fastify'
import { collectDefaultMetrics } from 'prom-client'
import type { Database } from '../../database/connect.ts'
import { showBuildInfo } from '../build-info.ts'
import { registry } from '../registry.ts'
import { watchConnections, watchPools } from '../saturation.ts'
import { Queues } from './queues.ts'

/** Resolution of the event loop's measured delay, in milliseconds. It costs a system timer. */
const loopDelayPrecisionMs = 20

/**
 * Gauges of the library whose names end like those of counters, which `promtool check metrics` refuses.
 * The sum of `nodejs_active_resources` over its types is the same number.
 */
const misnamed = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
]

let measuresProcess = false

/** Adds `/metrics` for Prometheus. It needs no key, like the health checks. */
export function metricsRoutes(app: FastifyInstance, database: Database): void {
  const queues = new Queues(database.db)
  const { pool, readPool, batchPool, keyPool } = database
  watchPools({ requests: pool, reads: readPool, batches: batchPool, keys: keyPool })
  watchConnections(app.server)
  if (!measuresProcess) {
    measuresProcess = true
    // Memory, CPU, garbage collection, event loop delay: metrics of the library, with its names.
    collectDefaultMetrics({
      register: registry,
      eventLoopMonitoringPrecision: loopDelayPrecisionMs,
    })
    for (const name of misnamed) registry.removeSingleMetric(name)
    showBuildInfo()
  }
  app.get('/metrics', async (_, reply) => {
    await queues.refresh()
    return reply.type(registry.contentType).send(await registry.metrics())
  })
}
