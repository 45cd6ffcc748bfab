import type { FastifyInstance } from 'fastify'
import { Counter, Gauge, Registry } from 'prom-client'

/** What this process counts. Scraped at `/metrics`; processes are summed by whoever scrapes. */
const registry = new Registry()

/** Captures that came after the cancel and were given back. */
export const lateCaptures = new Counter({
  name: 'hedge_late_captures_total',
  help: 'Payments whose money was taken after their cancel, and went back by itself.',
  registers: [registry],
})

const oldestOpen = new Gauge({
  name: 'hedge_oldest_open_payment_age_seconds',
  help: 'Age of the oldest payment that is processing, or initiated beyond its undo window.',
  labelNames: ['status'],
  registers: [registry],
})

const dueTasks = new Gauge({
  name: 'hedge_due_tasks',
  help: 'Tasks of payments that are due, by kind.',
  labelNames: ['kind'],
  registers: [registry],
})

/** What is asked of the database at each scrape. */
export interface Measurements {
  /** Seconds, by status. */
  readonly oldestOpen: () => Promise<ReadonlyMap<string, number>>
  /** Counts, by kind. */
  readonly dueTasks: () => Promise<ReadonlyMap<string, number>>
}

/** Puts `/metrics` on the server, for Prometheus. Without a key, like the health checks. */
export function metricsRoutes(app: FastifyInstance, measure: Measurements): void {
  app.get('/metrics', async (_, reply) => {
    const [ages, counts] = await Promise.all([measure.oldestOpen(), measure.dueTasks()])
    oldestOpen.reset()
    for (const [status, seconds] of ages) oldestOpen.set({ status }, seconds)
    dueTasks.reset()
    for (const [kind, count] of counts) dueTasks.set({ kind }, count)
    return reply.type(registry.contentType).send(await registry.metrics())
  })
}
