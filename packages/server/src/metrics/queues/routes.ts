import type { FastifyInstance } from 'fastify'
import { collectDefaultMetrics } from 'prom-client'
import type { Database } from '../../database/connect.ts'
import { registry } from '../registry.ts'
import { watchConnections, watchPools } from '../saturation.ts'
import { Queues } from './queues.ts'

/** How finely the delay of the event loop is measured, in milliseconds: a timer of the system. */
const loopDelayPrecisionMs = 20

let measuresProcess = false

/** Puts `/metrics` on the server, for Prometheus. Without a key, like the health checks. */
export function metricsRoutes(app: FastifyInstance, database: Database): void {
  const queues = new Queues(database.db)
  const { pool, batchPool, keyPool } = database
  watchPools({ requests: pool, batches: batchPool, keys: keyPool })
  watchConnections(app.server)
  if (!measuresProcess) {
    measuresProcess = true
    // Memory, processor, garbage collection, delay of the event loop: the library's own names.
    collectDefaultMetrics({
      register: registry,
      eventLoopMonitoringPrecision: loopDelayPrecisionMs,
    })
  }
  app.get('/metrics', async (_, reply) => {
    await queues.refresh()
    return reply.type(registry.contentType).send(await registry.metrics())
  })
}
