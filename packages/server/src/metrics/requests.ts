import type { FastifyInstance } from 'fastify'
import { Histogram } from 'prom-client'
import { registry } from './registry.ts'

/** Upper bounds in seconds: an idle cancel takes two milliseconds, a statement at most thirty. */
const boundsSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

const name = 'hedge_request_duration_seconds'
const help =
  'Time from the head of a request to the end of its answer, by operation and class of status.'

/** Requests of one operation that were answered with one class of status. */
interface Series {
  readonly operation: string
  readonly status: string
  /** How many fell under each bound and above the one before; the last: above all. */
  readonly counts: number[]
  sumSeconds: number
}

/**
 * The histogram of requests. Its values are kept in arrays of our own: `observe` of the library
 * builds a key of the labels each time, two microseconds of the hundred that a cancel costs.
 * Labels are operations of the contract and classes of status, so their number is bounded.
 */
class RequestHistogram extends Histogram<'operation' | 'status'> {
  readonly #byOperation = new Map<string, (Series | undefined)[]>()

  record({ operation, status, seconds }: { operation: string; status: number; seconds: number }) {
    const statusClass = Math.floor(status / 100)
    let classes = this.#byOperation.get(operation)
    if (!classes) {
      classes = []
      this.#byOperation.set(operation, classes)
    }
    let series = classes[statusClass]
    if (!series) {
      const counts = Array.from({ length: boundsSeconds.length + 1 }, () => 0)
      series = { operation, status: `${statusClass}xx`, counts, sumSeconds: 0 }
      classes[statusClass] = series
    }
    let i = 0
    while (i < boundsSeconds.length && seconds > (boundsSeconds[i] as number)) i++
    series.counts[i] = (series.counts[i] as number) + 1
    series.sumSeconds += seconds
  }

  /**
   * What the library asks a histogram for at a scrape, though its types do not say so: the version
   * is pinned, and a test scrapes.
   */
  async getForPromString() {
    const all = [...this.#byOperation.values()].flat().filter((series) => series !== undefined)
    const values = all.flatMap((series) => valuesOf(series))
    return { name, help, type: 'histogram', values, aggregator: 'sum' }
  }
}

const durations = new RequestHistogram({
  name,
  help,
  labelNames: ['operation', 'status'],
  buckets: boundsSeconds,
  registers: [registry],
})

/** Times every request that is let in; a stream's time is not that of a request. */
export function observeRequests(app: FastifyInstance): void {
  app.addHook('onResponse', (request, reply, done) => {
    const operation = request.routeOptions.config?.operation?.id ?? 'other'
    if (operation !== 'streamEvents' && reply.getHeader('content-type') !== undefined) {
      const seconds = reply.elapsedTime / 1000
      durations.record({ operation, status: reply.statusCode, seconds })
    }
    done()
  })
}

function valuesOf({ operation, status, counts, sumSeconds }: Series) {
  const labels = { operation, status }
  let below = 0
  const buckets = [...boundsSeconds, '+Inf'].map((le, i) => {
    below += counts[i] ?? 0
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: below }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sumSeconds },
    { metricName: `${name}_count`, labels, value: below },
  ]
}
