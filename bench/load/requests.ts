import { secretKey } from '../database/store.ts'
import type { Round, Variant } from '../method/rounds.ts'
import type { Client } from './client.ts'
import type { LoadResult, NumberRange, RequestTemplate } from './job.ts'

/** A request to the API with the secret key of the run. */
export function apiRequest(
  method: 'GET' | 'POST',
  path: string,
  { idPrefix, body, key }: { idPrefix: string; body?: object; key?: string },
): RequestTemplate {
  return {
    method,
    path,
    headers: {
      authorization: `Bearer ${secretKey}`,
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...(key ? { 'idempotency-key': key } : {}),
    },
    body: body ? JSON.stringify(body) : null,
    idPrefix,
  }
}

/** Requests to one or more ports. Each port gets an equal share of the connections. */
export function requests(options: {
  name: string
  /** One client for each port, because a client runs one job at a time. */
  targets: readonly { client: Client; port: number }[]
  connections: number
  request: RequestTemplate
  expected: number
  /** Whether each request cancels a payment. */
  cancels?: boolean
}): Variant {
  const { name, targets, connections, request, expected } = options
  return {
    name,
    cancelsNothing: options.cancels !== true,
    async run(range: NumberRange, durationMs: number) {
      const share = Math.floor(range.count / targets.length)
      const results = await Promise.all(
        targets.map(({ client, port }, i) => {
          const numbers = { from: range.from + i * share, count: share }
          const each = connections / targets.length
          return client.run({ port, connections: each, durationMs, request, numbers })
        }),
      )
      return toRound({ name, expected, cancels: options.cancels === true }, results)
    },
  }
}

function toRound(
  { name, expected, cancels }: { name: string; expected: number; cancels: boolean },
  results: readonly LoadResult[],
): Round {
  const right = results.reduce((sum, { statuses }) => sum + (statuses[expected] ?? 0), 0)
  const all = results.reduce((sum, result) => sum + result.requests, 0)
  if (right !== all) {
    const statuses = JSON.stringify(results.map((result) => result.statuses))
    throw new Error(`void: ${name} answered ${statuses}: ${results[0]?.firstFailure}`)
  }
  if (cancels && results.some((result) => result.ranOut)) {
    console.log(`  (${name}: all payments were used before the time ended)`)
  }
  const worst = (read: (result: LoadResult) => number) => Math.max(...results.map(read))
  return {
    perSecond: results.reduce((sum, result) => sum + result.perSecond, 0),
    acknowledged: cancels ? right : 0,
    p50Ms: worst((result) => result.p50Ms),
    p99Ms: worst((result) => result.p99Ms),
    maxMs: worst((result) => result.maxMs),
    clientMicrosPerRequest: worst((result) => result.clientMicrosPerRequest),
  }
}
