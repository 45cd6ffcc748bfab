import type { Client } from './client.ts'
import type { LoadResult, NumberRange, RequestTemplate } from './job.ts'
import type { Round, Variant } from './rounds.ts'
import { secretKey } from './store.ts'

/** Where cancels go: to the API, or to one of the rivals of variants-process.ts. */
export type CancelPath = 'cancel' | 'cancel-one-by-one' | 'cancel-textbook'

/** What a request to cancel looks like: with a reason and an Idempotency-Key of its own. */
export function cancelRequest(idPrefix: string, path: CancelPath = 'cancel'): RequestTemplate {
  return {
    method: 'POST',
    path: `/v1/payments/{id}/${path}`,
    headers: {
      authorization: `Bearer ${secretKey}`,
      'content-type': 'application/json',
      'idempotency-key': 'cancel-5f1c6b1e-9a57-4f2b-{n}',
    },
    body: '{"reason":"customer_requested"}',
    idPrefix,
  }
}

/** Cancels over HTTP, by so many connections. */
export function httpCancels(options: {
  name: string
  client: Client
  port: number
  connections: number
  idPrefix: string
  path?: CancelPath
}): Variant {
  const { name, client, port, connections, idPrefix, path } = options
  return {
    name,
    async run(range: NumberRange, durationMs: number) {
      const request = cancelRequest(idPrefix, path)
      const job = { port, connections, durationMs, request, numbers: range }
      return toRound(name, await client.run(job))
    },
  }
}

function toRound(name: string, result: LoadResult): Round {
  const acknowledged = result.statuses['200'] ?? 0
  if (acknowledged !== result.requests) {
    throw new Error(
      `void: ${name} answered ${JSON.stringify(result.statuses)}: ${result.firstFailure}`,
    )
  }
  if (result.ranOut) console.log(`  (${name}: the payments ran out before the time did)`)
  const { perSecond, p50Ms, p99Ms, maxMs, clientMicrosPerRequest } = result
  return { perSecond, acknowledged, p50Ms, p99Ms, maxMs, clientMicrosPerRequest }
}
