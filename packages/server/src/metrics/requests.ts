import type { FastifyInstance } from 'fastify'
import { Histogram } from 'prom-client'
import { registry } from './registry.ts'

/** Bucket bounds: an idle cancel takes two milliseconds, a statement at most thirty seconds. */
const boundsSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

const name = 'hedge_http_request_duration_seconds'
const help =
  'Time from the headers of a request to the end of its answer, by operation and class of status.'

/** Requests of one operation with one class of status. */
interface Series {
  readonly operation: string
  readonly status: string
  /** Requests in each bucket. The last bucket has no upper bound. */
  readonly counts: number[]
  sumSeconds: number
}

/**
 * The histogram of requests, with its own arrays of values. The library's `observe` builds a key of
 * the labels each time, which takes two microseconds of the hundred of a cancel. Labels are
 * operations of the contract and classes of status, so their number is bounded.
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
   * The library calls this at a scrape. Its types do not declare it, so the version is pinned, and a
   * test scrapes.
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

/** Measures the duration of every admitted request, except streams. */
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
